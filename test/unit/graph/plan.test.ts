import { describe, expect, it } from 'vitest';
import { Graph, type Value } from '../../../src/graph/graph.js';
import { planSlots, type Plan } from '../../../src/graph/plan.js';
import { byteLength } from '../../../src/tensor.js';
import { random } from '../../random.js';
import { planFaults } from './plan_faults.js';
import { applyAny, randomGraph } from './random_graph.js';

describe('planSlots', () => {
  it('gives 500 random graphs slots that no two live values share', () => {
    for (let seed = 0; seed < 500; seed++) {
      const { graph, keep } = randomGraph(random(seed));
      const plan = planSlots(graph, keep);
      expect(planFaults(graph, keep, plan), `seed ${seed}\n${graph}`).toEqual([]);
      const outputs = graph.nodes.flatMap((node) => Object.values(node.outputs));
      expect(plan.bytes).toBeLessThanOrEqual(outputs.reduce((sum, value) => sum + byteLength(value.type), 0));
      expect(new Set(plan.slotOf.keys())).toEqual(new Set(outputs.map(({ id }) => id)));
    }
  });

  it('takes less than 1.15 times the lower bound, on the mean of 500 random graphs', () => {
    const plans = Array.from({ length: 500 }, (_, seed) => planSlots(randomGraph(random(seed)).graph, []));
    const ratio = plans.reduce((sum, { bytes, lowerBound }) => sum + bytes / lowerBound, 0) / plans.length;
    expect(ratio).toBeLessThan(1.15);
  });

  it('runs a chain in two slots', () => {
    const { graph } = chain(9);
    expect(planSlots(graph, []).slots).toEqual([64, 64]);
  });

  it('keeps what is asked for to the end, and nothing else', () => {
    const { graph, values } = chain(9);
    const plan = planSlots(graph, [values[0] as Value]);
    expect(plan.slots).toHaveLength(3);
    const kept = plan.slotOf.get((values[0] as Value).id);
    expect([...plan.slotOf].filter(([, slot]) => slot === kept)).toHaveLength(1);
  });

  it('gives an output that nothing reads a slot of its own step', () => {
    const graph = new Graph();
    const x = graph.input('x', { dtype: 'f32', shape: [4] });
    const [used] = applyAny(graph, [x], [16, 8]) as [Value];
    applyAny(graph, [used], [16]);
    expect(planFaults(graph, [], planSlots(graph, []))).toEqual([]);
  });

  it('rounds slots up to whole vec4s and leaves inputs and constants out', () => {
    const graph = new Graph();
    const x = graph.input('x', { dtype: 'f32', shape: [4] });
    const w = graph.constant({ key: 'w', type: { dtype: 'f32', shape: [400] }, weights: [], pack: () => new Float32Array(400) });
    applyAny(graph, [x, w], [3]);
    expect(planSlots(graph, []).slots).toEqual([16]);
  });
});

describe('planFaults', () => {
  const { graph, values } = chain(4);
  const good = planSlots(graph, []);
  const [first, second] = values.map((value) => good.slotOf.get(value.id) as number) as [number, number];
  it.each<[string, Plan]>([
    ['one slot for the input and the output of a step', { ...good, slotOf: new Map([...good.slotOf].map(([id]) => [id, first])) }],
    ['a slot that is too small', { ...good, slots: good.slots.map((bytes, i) => (i === second ? bytes - 16 : bytes)) }],
    ['a value left out', { ...good, slotOf: new Map([...good.slotOf].slice(1)) }],
    ['a wrong lower bound', { ...good, lowerBound: good.lowerBound - 16 }],
  ])('finds %s', (_, plan) => {
    expect(planFaults(graph, [], plan)).not.toEqual([]);
  });
});

function chain(length: number): { graph: Graph; values: Value[] } {
  const graph = new Graph();
  const values: Value[] = [];
  let x = graph.input('x', { dtype: 'f32', shape: [16] });
  for (let i = 0; i < length; i++) values.push((x = applyAny(graph, [x], [16])[0] as Value));
  return { graph, values };
}
