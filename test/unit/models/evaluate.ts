import { Graph, type Constant, type Value } from '../../../src/graph/graph.js';
import type { Tensor } from '../../../src/kernels/spec.js';
import { numel } from '../../../src/tensor.js';
import { Weights } from '../../../src/weights/weights.js';
import { specs } from '../../../truth/specs.js';
import { random } from '../../../truth/random.js';

/** Tensors of a checkpoint that exists in memory only. */
export type Checkpoint = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** Random tensors, uniform in [-1,1]; variances are positive. */
export function randomCheckpoint(shapes: Readonly<Record<string, readonly number[]>>, seed: number): Checkpoint {
  const next = random(seed);
  const values = (name: string, shape: readonly number[]) =>
    Float32Array.from({ length: numel(shape) }, () => (name.endsWith('running_var') ? 0.5 + next() : 2 * next() - 1));
  return new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape, values: values(name, shape) }]));
}

/** A checkpoint as models read it. */
export function weightsOf(checkpoint: Checkpoint): Weights {
  const tensors = new Map([...checkpoint].map(([name, { shape }]) => [name, { name, dtype: 'F32', shape }] as const));
  return Weights.from({ tensors, metadata: new Map() }, 'test');
}

/**
 * Runs a graph in f64 by the references of its ops, with no GPU: what is left is the error of the weights as they are
 * packed.
 */
export function evaluate(
  graph: Graph,
  inputs: ReadonlyMap<Value, Float64Array>,
  checkpoint: Checkpoint,
): (value: Value) => Float64Array {
  const known = new Map<number, Float64Array>([...inputs].map(([value, data]) => [value.id, data]));
  const read = (value: Value): Tensor => ({
    type: value.type,
    data: known.get(value.id) ?? constant(value.origin as Constant),
  });
  const constant = ({ weights, pack }: Constant) =>
    Float64Array.from(pack(weights.map(({ name }) => checkpoint.get(name)!.values)));
  for (const node of graph.nodes) {
    const spec = specs.find(({ op }) => op.name === node.op.name)!;
    const tensors = Object.fromEntries(Object.entries(node.inputs).map(([name, value]) => [name, read(value)]));
    const out = spec.reference(
      tensors,
      node.attrs,
      Object.fromEntries(Object.entries(node.outputs).map(([name, { type }]) => [name, type])),
    );
    for (const [name, value] of Object.entries(node.outputs)) known.set(value.id, out[name]!.values);
  }
  return (value) => known.get(value.id)!;
}
