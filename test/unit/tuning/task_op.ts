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
  kernels: {
    registers: () => kernel('registers'),
    wide: () => kernel('wide'),
    lanes: () => ({ ...kernel('lanes'), subgroupSize: 64 }),
    tiled: (_, { text = 'tiled' }) => kernel(text),
    even: ({ x }) => ((x.shape[1] as number) % 2 === 0 ? kernel('even') : undefined),
  },
  cpuKernels: ['wide'],
  choose: (_inputs, _attrs, { software }) => (software ? 'wide' : 'tiled'),
  cost: (_inputs, { flops }) => ({ flops }),
});

/** An op with two kernels, one of the same text as that of the first. */
export const otherOp = defineOp<{ x: TensorType }, object>({
  name: 'other',
  infer: ({ x }) => ({ y: x }),
  kernels: { registers: () => kernel('other registers'), tiled: () => kernel('tiled') },
  choose: () => 'tiled',
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
