import { describe, expect, it } from 'vitest';
import { Graph, type Value } from '../../../src/graph/graph.js';
import { planSlots, type Place, type Plan } from '../../../src/graph/plan.js';
import { peakBytes } from '../../../src/graph/schedule.js';
import { byteLength } from '../../../src/tensor.js';
import { random } from '../../../truth/random.js';
import { planFaults } from './plan_faults.js';
import { applyAny, randomGraph } from './random_graph.js';

describe('planSlots', () => {
  it(
    'gives 100 random graphs ranges of slots that no two live values share, and no step ' + 'reads and writes one slot',
    () => {
      for (let seed = 0; seed < 100; seed++) {
        const { graph, keep } = randomGraph(random(seed));
        const plan = planSlots(graph, keep);
        expect(planFaults(graph, keep, plan), `seed ${seed}\n${graph}`).toEqual([]);
        const outputs = graph.nodes.flatMap((node) => Object.values(node.outputs));
        expect(plan.bytes).toBeLessThanOrEqual(
          outputs.reduce((sum, value) => sum + 256 * Math.ceil(byteLength(value.type) / 256), 0),
        );
        expect(new Set(plan.places.keys())).toEqual(new Set(outputs.map(({ id }) => id)));
      }
    },
  );

  it('never makes a slot larger than a buffer may be', () => {
    for (let seed = 0; seed < 80; seed++) {
      const { graph, keep } = randomGraph(random(seed));
      const maxBufferSize = Math.max(
        ...graph.nodes.flatMap(({ outputs }) => Object.values(outputs)).map(({ type }) => byteLength(type)),
      );
      expect(
        planFaults(graph, keep, planSlots(graph, keep, { maxBufferSize }), maxBufferSize),
        `seed ${seed}\n${graph}`,
      ).toEqual([]);
    }
  });

  it('splits what would take less memory in a slot larger than a buffer may be', () => {
    const graph = new Graph();
    const x = graph.input('x', { dtype: 'f32', shape: [16] });
    const pair = applyAny(graph, [x], [7 * 64, 7 * 64]);
    const [joined] = applyAny(graph, pair, [64]) as [Value];
    applyAny(graph, [joined], [8 * 64]);
    applyAny(graph, [x], [6 * 64]);
    expect(planSlots(graph, []).bytes).toBe(15 * 256);
    const maxBufferSize = 8 * 256;
    const plan = planSlots(graph, [], { maxBufferSize });
    expect(planFaults(graph, [], plan, maxBufferSize)).toEqual([]);
    expect(plan.bytes).toBe(16 * 256);
  });

  it('takes less than 1.15 times the lower bound, on the mean of 100 random graphs', () => {
    const plans = Array.from({ length: 100 }, (_, seed) => planSlots(randomGraph(random(seed)).graph, []));
    const ratio = plans.reduce((sum, { bytes, lowerBound }) => sum + bytes / lowerBound, 0) / plans.length;
    expect(ratio).toBeLessThan(1.15);
  });

  it('orders nodes so that no more is alive than in the order they were made in, and often less', () => {
    const ratios = Array.from({ length: 100 }, (_, seed) => {
      const { graph } = randomGraph(random(seed));
      return planSlots(graph, []).lowerBound / peakBytes(graph.nodes, new Set());
    });
    expect(Math.max(...ratios)).toBe(1);
    expect(ratios.filter((ratio) => ratio < 1).length).toBeGreaterThan(20);
  });

  it('leaves what a late node needs for late, and runs at once what frees more than it makes', () => {
    const graph = new Graph();
    const apply = (inputs: Value[], size: number) => applyAny(graph, inputs, [size])[0] as Value;
    const x = graph.input('x', { dtype: 'f32', shape: [16] });
    const tap = apply([x], 256);
    const wide = apply([tap], 4096);
    const small = apply([tap], 64);
    let y = apply([tap], 256);
    for (let i = 0; i < 3; i++) y = apply([y], 256);
    apply([apply([y, small], 16), wide], 16);
    const order = planSlots(graph, []).order.map(({ index }) => index);
    expect(order).toEqual([0, 3, 4, 5, 6, 2, 7, 1, 8]);
  });

  it('runs a chain in two slots', () => {
    const { graph } = chain(9);
    expect(planSlots(graph, []).slots).toEqual([64, 64]);
  });

  it('puts small values side by side into a slot that a large one needs later', () => {
    const graph = new Graph();
    const x = graph.input('x', { dtype: 'f32', shape: [16] });
    const pair = applyAny(graph, [x], [1024, 1024]);
    const [joined] = applyAny(graph, pair, [1024]) as [Value];
    applyAny(graph, [joined], [2048]);
    expect(planSlots(graph, []).slots.toSorted((a, b) => b - a)).toEqual([8192, 4096]);
  });

  it('keeps what is asked for to the end, at the start of a slot', () => {
    const { graph, values } = chain(9);
    const kept = values.slice(0, 2);
    const plan = planSlots(graph, kept);
    const places = kept.map(({ id }) => plan.places.get(id) as Place);
    expect(new Set(places.map(({ slot }) => slot)).size).toBe(2);
    for (const { slot } of places) {
      const shared = [...plan.places].filter(([, place]) => place.slot === slot && place.offset === 0);
      expect(shared).toHaveLength(1);
    }
  });

  it('gives an output that nothing reads a place of its own step', () => {
    const graph = new Graph();
    const x = graph.input('x', { dtype: 'f32', shape: [4] });
    const [used] = applyAny(graph, [x], [16, 8]) as [Value];
    applyAny(graph, [used], [16]);
    expect(planFaults(graph, [], planSlots(graph, []))).toEqual([]);
  });

  it('rounds slots up to whole vec4s and leaves inputs and constants out', () => {
    const graph = new Graph();
    const x = graph.input('x', { dtype: 'f32', shape: [4] });
    const w = graph.constant({
      recipe: { name: 'w', pack: () => new Float32Array(400) },

      type: { dtype: 'f32', shape: [400] },
      weights: [],
    });
    applyAny(graph, [x, w], [3]);
    expect(planSlots(graph, []).slots).toEqual([16]);
  });
});

describe('planFaults', () => {
  const { graph, values } = chain(4);
  const good = planSlots(graph, []);
  const [first, second] = values.map(({ id }) => good.places.get(id) as Place) as [Place, Place];
  const moved = (place: Place) => new Map(good.places).set((values[1] as Value).id, place);
  it.each<[string, Plan, string]>([
    [
      'one slot for the input and the output of a step',
      { ...good, slots: [1024, 1024], places: moved({ slot: first.slot, offset: 512 }) },
      'reads and writes',
    ],
    ['two values in one place', { ...good, places: moved(first) }, 'overlap'],
    [
      'an offset that is not aligned',
      { ...good, slots: [1024, 1024], places: moved({ ...second, offset: 16 }) },
      'not aligned',
    ],
    [
      'a slot that is too small',
      { ...good, slots: good.slots.map((bytes, i) => (i === second.slot ? bytes - 16 : bytes)) },
      'too small',
    ],
    ['a value left out', { ...good, places: new Map([...good.places].slice(1)) }, 'no slot'],
    ['a wrong lower bound', { ...good, lowerBound: good.lowerBound - 16 }, 'lower bound'],
    ['an order against the data', { ...good, order: good.order.toReversed() }, 'before its input'],
    ['a node left out', { ...good, order: good.order.slice(1) }, 'runs once'],
  ])('finds %s', (_, plan, text) => {
    expect(planFaults(graph, [], plan).join('\n')).toContain(text);
  });

  it('finds a kept value away from the start of its slot, and a slot too large', () => {
    const last = values.at(-1) as Value;
    const kept = planSlots(graph, [last]);
    expect(planFaults(graph, [last], kept)).toEqual([]);
    const place = kept.places.get(last.id) as Place;
    expect(
      planFaults(graph, [last], {
        ...kept,
        slots: [1024, 1024],
        places: new Map(kept.places).set(last.id, { ...place, offset: 256 }),
      }).join(),
    ).toContain('does not start');
    expect(planFaults(graph, [last], kept, 32).join()).toContain('larger than a buffer');
  });
});

function chain(length: number): { graph: Graph; values: Value[] } {
  const graph = new Graph();
  const values: Value[] = [];
  let x = graph.input('x', { dtype: 'f32', shape: [16] });
  for (let i = 0; i < length; i++) values.push((x = applyAny(graph, [x], [16])[0] as Value));
  return { graph, values };
}
