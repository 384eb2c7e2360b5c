import { Graph, type Value } from '../../../src/graph/graph.js';
import { defineOp } from '../../../src/kernels/op.js';
import type { TensorType } from '../../../src/tensor.js';

type Sizes = { readonly sizes: readonly number[] };

/** An op of any inputs whose outputs have given numbers of elements; it is planned and never run. */
export const anyOp = defineOp<Readonly<Record<string, TensorType>>, Sizes, Record<string, TensorType>>({
  name: 'any',
  infer: (_inputs, { sizes }) =>
    Object.fromEntries(sizes.map((size, i) => [`y${i}`, { dtype: 'f32' as const, shape: [size] }])),
  kernels: [],
  cost: () => ({ flops: 0 }),
});

/** Applies `anyOp` to values. */
export function applyAny(graph: Graph, inputs: readonly Value[], sizes: readonly number[]): Value[] {
  return Object.values(graph.apply(anyOp, Object.fromEntries(inputs.map((value, i) => [`x${i}`, value])), { sizes }));
}

/** A random graph of up to 40 nodes with one to three inputs and one or two outputs each, and some values to keep. */
export function randomGraph(next: () => number): { graph: Graph; keep: Value[] } {
  const graph = new Graph();
  const below = (count: number) => Math.floor(next() * count);
  const values = [graph.input('x', { dtype: 'f32', shape: [16] })];
  for (let node = 1 + below(40); node > 0; node--) {
    const recent = values.slice(-1 - below(values.length));
    const inputs = Array.from({ length: 1 + below(3) }, () => recent[below(recent.length)] as Value);
    values.push(
      ...applyAny(
        graph,
        inputs,
        Array.from({ length: 1 + below(2) }, () => 64 * (1 + below(100)) - 4 * below(16)),
      ),
    );
  }
  return { graph, keep: values.filter((value) => value.origin.kind === 'node' && next() < 0.1) };
}
