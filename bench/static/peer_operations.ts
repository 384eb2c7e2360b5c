/** An operation of a network that peers have too, and where ours is. */
export interface PeerOperation {
  readonly kind: 'matmul' | 'conv3x3' | 'attention';
  /** The network that it is in, the op that does it there, and its shape as rows of the bench write it. */
  readonly model: string;
  readonly op: string;
  readonly shape: string;
  /** [M, K, N] of a product, [side, channels, channels made] of a convolution, [tokens, heads, channels]. */
  readonly sizes: readonly [number, number, number];
}

const SMALL = 'depth-anything-v2-small';
const LARGE = 'depth-anything-v2-large';

/** Large and small products and maps, and attention, of the networks that a prediction is kept of. */
export const PEER_OPERATIONS: readonly PeerOperation[] = [
  { kind: 'matmul', model: SMALL, op: 'gemm', shape: '1370x384x1536', sizes: [1370, 384, 1536] },
  { kind: 'matmul', model: LARGE, op: 'gemm', shape: '1370x1024x4096', sizes: [1370, 1024, 4096] },
  { kind: 'matmul', model: SMALL, op: 'gemm_layer_norm', shape: '1370x384x384', sizes: [1370, 384, 384] },
  { kind: 'conv3x3', model: SMALL, op: 'conv2d', shape: '3x3 64->64 148x148', sizes: [148, 64, 64] },
  { kind: 'conv3x3', model: LARGE, op: 'conv2d', shape: '3x3 256->256 148x148', sizes: [148, 256, 256] },
  { kind: 'conv3x3', model: 'midas-v2.1-small', op: 'conv2d', shape: '3x3 256->256 16x16', sizes: [16, 256, 256] },
  { kind: 'attention', model: SMALL, op: 'attention', shape: '1370 tokens 6 heads', sizes: [1370, 6, 384] },
];

/** Multiply-adds that an operation needs. */
export function productsOf({ kind, sizes: [a, b, c] }: PeerOperation): number {
  if (kind === 'matmul') return a * b * c;
  return kind === 'conv3x3' ? 9 * a * a * b * c : 2 * a * a * c;
}
