import type { Gpu } from '../gpu/gpu.js';
import type { Op } from '../kernels/op.js';
import type { TensorType } from '../tensor.js';
import { Executable } from './executor.js';
import { Graph, type Value } from './graph.js';

/** One op alone on one kernel, compiled: inputs and outputs lie in buffers of `executable`. */
export interface CompiledOp {
  readonly executable: Executable;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
}

/**
 * Compiles one op on the kernel of a name, for inputs of some types. Every output is kept.
 * @throws LimitError, ShaderError, OutOfMemoryError
 */
export async function compileOp(
  gpu: Gpu,
  op: Op,
  types: Readonly<Record<string, TensorType>>,
  attrs: unknown,
  kernel: string,
): Promise<CompiledOp> {
  const graph = new Graph();
  const inputs = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, graph.input(name, type)]));
  const outputs = graph.apply(op, inputs, attrs) as Record<string, Value>;
  const executable = await Executable.compile(graph, gpu, { keep: Object.values(outputs), kernel: () => kernel });
  return { executable, inputs, outputs };
}
