import { describe, expect, it } from 'vitest';
import { Graph, type Value } from '../../../src/graph/graph.js';
import { ResidualStream } from '../../../src/models/layers/residual_stream.js';
import { random } from '../../../truth/random.js';
import { evaluate, randomCheckpoint, weightsOf } from './evaluate.js';

const EPS = 1e-6;
const [T, K] = [5, 8];

/** x + scale · linear(h) on random values: its nodes, and its norms `a` and `b` in f64. */
function sumAndNorms(
  C: number,
  when: 'both before' | 'b after',
): { ops: string[]; labels: string[]; norms: number[][] } {
  const affine = (name: string) => ({ [`${name}.weight`]: [C], [`${name}.bias`]: [C] });
  const shapes = { 'fc.weight': [C, K], 'fc.bias': [C], ls: [C], ...affine('a'), ...affine('b') };
  const checkpoint = randomCheckpoint(shapes, 7);
  const weights = weightsOf(checkpoint);
  const graph = new Graph();
  const input = (name: string, width: number) => graph.input(name, { dtype: 'f32', shape: [T, width] });
  const [x, h] = [input('x', C), input('h', K)];
  const sum = graph.scope('block', () =>
    ResidualStream.of(x, EPS).plus({ input: h, weights: weights.at('fc') }, weights.get('ls', [C])),
  );
  expect(graph.nodes).toHaveLength(0);
  const b = when === 'both before' ? sum.norm(weights.at('b')) : undefined;
  const a = sum.norm(weights.at('a'))();
  const values = [a, (b ?? sum.norm(weights.at('b')))()];
  const next = random(3);
  const data = (value: Value) => Float64Array.from({ length: T * (value.type.shape[1] as number) }, () => next() - 0.5);
  const read = evaluate(graph, new Map([x, h].map((value) => [value, data(value)])), checkpoint);
  const { nodes } = graph;
  const norms = values.map((value) => [...read(value)]);
  return { ops: nodes.map(({ op }) => op.name), labels: nodes.map(({ label }) => label), norms };
}

describe('a residual stream', () => {
  it('is made in one dispatch with the norms that were asked for before one was read', () => {
    const { ops, labels } = sumAndNorms(12, 'both before');
    expect(ops).toEqual(['gemm_layer_norm']);
    expect(labels).toEqual(['block']);
  });

  it('has norms that are asked for later made apart, to the same values', () => {
    const before = sumAndNorms(12, 'both before');
    const after = sumAndNorms(12, 'b after');
    expect(after.ops).toEqual(['gemm_layer_norm', 'layer_norm']);
    const apart = (i: number) =>
      Math.max(...before.norms[i]!.map((value, at) => Math.abs(value - after.norms[i]![at]!)));
    expect([apart(0), apart(1)].every((error) => error < 1e-12)).toBe(true);
    expect(before.norms[0]).not.toEqual(before.norms[1]);
  });

  it('is read as it is from the dispatch that makes its norms, and is not scaled without LayerScale', () => {
    const C = 12;
    const affine = { 'a.weight': [C], 'a.bias': [C] };
    const checkpoint = randomCheckpoint({ 'fc.weight': [C, K], 'fc.bias': [C], ...affine }, 7);
    const weights = weightsOf(checkpoint);
    const graph = new Graph();
    const x = graph.input('x', { dtype: 'f32', shape: [T, C] });
    const h = graph.input('h', { dtype: 'f32', shape: [T, K] });
    const sum = ResidualStream.of(x, EPS).plus({ input: h, weights: weights.at('fc') });
    const later = sum.value();
    sum.norm(weights.at('a'))();
    const alone = ResidualStream.of(x, EPS)
      .plus({ input: h, weights: weights.at('fc') })
      .value();
    const values = [later(), alone()];
    expect(graph.nodes.map(({ op }) => op.name)).toEqual(['gemm_layer_norm', 'gemm']);
    const data = {
      x: new Float64Array(T * C).fill(0.5),
      h: Float64Array.from({ length: T * K }, (_, i) => Math.sin(i)),
    };
    const read = evaluate(
      graph,
      new Map([
        [x, data.x],
        [h, data.h],
      ]),
      checkpoint,
    );
    const [weight, bias] = ['fc.weight', 'fc.bias'].map((name) => checkpoint.get(name)!.values) as [
      Float32Array,
      Float32Array,
    ];
    values.forEach((value) =>
      read(value).forEach((actual, i) => {
        const [t, n] = [Math.floor(i / C), i % C];
        let expected = 0.5 + bias[n]!;
        for (let k = 0; k < K; k++) expected += data.h[t * K + k]! * weight[n * K + k]!;
        expect(actual).toBeCloseTo(expected, 5);
      }),
    );
  });

  it('is made apart from its norms where a row does not fit a workgroup', () => {
    expect(sumAndNorms(1028, 'both before').ops).toEqual(['gemm', 'layer_norm', 'layer_norm']);
  });
});
