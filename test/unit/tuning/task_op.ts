import { Graph } from '../../../src/graph/graph.js';
import { defineOp, type Kernel } from '../../../src/kernels/op.js';
import type { TensorType } from '../../../src/tensor.js';

const kernel = (text: string): Kernel => ({ files: [`// ${text}`], tunables: {}, params: {}, workgroups: 1 });

interface Attrs {
  /** 2 × multiply-adds. */
  readonly flops: number;
  /** Text of the kernel `tiled`. */
  readonly text?: string;
}

/**
 * An op with five kernels: one made for CPUs, one for subgroups of 64, and one that does not apply to rows of odd
 * length.
 */
export const taskOp = defineOp<{ x: TensorType }, Attrs>({
  name: 'gemm',
  infer: ({ x }) => ({ y: x }),
  kernels: [
    { name: 'registers', on: 'any', make: () => kernel('registers') },
    { name: 'wide', on: 'cpu', prefer: () => true, make: () => kernel('wide') },
    { name: 'lanes', on: 'any', make: () => ({ ...kernel('lanes'), subgroupSize: 64 }) },
    {
      name: 'tiled',
      on: 'any',
      prefer: (_inputs, _attrs, _outputs, { software }) => !software,
      make: (_, { text = 'tiled' }) => kernel(text),
    },
    { name: 'even', on: 'any', make: ({ x }) => ((x.shape[1] as number) % 2 === 0 ? kernel('even') : undefined) },
  ],
  probes: () => Promise.reject(new Error('the bench of these tests answers by itself')),
  cost: (_inputs, { flops }) => ({ flops }),
});

/** An op with two kernels, one of the same text as that of the first. */
export const otherOp = defineOp<{ x: TensorType }, object>({
  name: 'other',
  infer: ({ x }) => ({ y: x }),
  kernels: [
    { name: 'registers', on: 'any', make: () => kernel('other registers') },
    { name: 'tiled', on: 'any', prefer: () => true, make: () => kernel('tiled') },
  ],
  cost: () => ({ flops: 1 }),
});

/** A graph of such ops: rows of so many numbers, so many floating-point operations. */
export function taskGraph(nodes: readonly (readonly [columns: number, flops: number])[], text?: string): Graph {
  const graph = new Graph();
  for (const [i, [columns, flops]] of nodes.entries()) {
    const x = graph.input(`x${i}`, { dtype: 'f32', shape: [1, columns] });
    graph.apply(taskOp, { x }, { flops, ...(text === undefined ? {} : { text }) });
  }
  return graph;
}
