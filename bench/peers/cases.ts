import { Graph, type Constant, type Value } from '../../src/graph/graph.js';
import { attention } from '../../src/kernels/attention.js';
import { conv2d, padding } from '../../src/kernels/conv2d.js';
import { depthwise } from '../../src/kernels/depthwise.js';
import { gemm } from '../../src/kernels/gemm.js';
import { numel } from '../../src/tensor.js';
import { seededTensor } from '../../truth/seeded_weights.js';

/** How a tensor of one side becomes one of the other: [1,C,H,W] and [H,W,C], or the same memory. */
export type Layout = 'nchw' | 'same';

/** A weight of the peer's graph, by its name there, packed for Depthwise. */
interface PackedWeight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** One operation, or a few in a row, that a peer has as an ONNX graph of the same name. */
export interface OperationCase {
  readonly name: string;
  /** Input of the peer's graph. */
  readonly input: readonly number[];
  readonly layout: Layout;
  /** Depthwise's graph on an input in its own layout; `weight` declares a constant. */
  readonly build: (x: Value, weight: (name: string, packed: PackedWeight) => Value) => Value;
}

/** As in tools/peers/export_onnx.py. */
export const CHAIN = 4;
export const HEADS = 6;

/** [N,K] → [K,N]. */
function linearWeight(N: number, K: number): PackedWeight {
  const source = seededTensor('linear.weight', [N, K]);
  const values = new Float32Array(N * K);
  for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) values[k * N + n] = source[n * K + k] as number;
  return { shape: [K, N], values };
}

/** [N,C,K,K] → [K,K,C,N]; depthwise [C,1,K,K] → [K,K,C]. */
export function convWeight(name: string, N: number, C: number, K: number): PackedWeight {
  const source = seededTensor(name, [N, C, K, K]);
  const values = new Float32Array(source.length);
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++)
      for (let k = 0; k < K * K; k++) values[(k * C + c) * N + n] = source[(n * C + c) * K * K + k] as number;
  return { shape: C === 1 ? [K, K, N] : [K, K, C, N], values };
}

export function biasOf(name: string, N: number): PackedWeight {
  return { shape: [N], values: seededTensor(name, [N]) };
}

function linearCase(name: string, N: number, gelu: boolean): OperationCase {
  return {
    name,
    input: [1, 325, 384],
    layout: 'same',
    build: (x, weight) =>
      linear(x, weight('linear.weight', linearWeight(N, 384)), weight('linear.bias', biasOf('linear.bias', N)), gelu),
  };
}

function linear(x: Value, weight: Value, bias: Value, gelu: boolean): Value {
  return x.graph.apply(
    gemm,
    { x, weight, bias, residual: undefined, gamma: undefined } as never,
    gelu ? { act: 'gelu' } : {},
  ).y as Value;
}

function convCase(name: string, side: number, C: number, K: number, op: 'conv2d' | 'depthwise'): OperationCase {
  return {
    name,
    input: [1, C, side, side],
    layout: 'nchw',
    build: (x, weight) => {
      let y = x;
      for (let i = 0; i < CHAIN; i++) {
        const inputs = {
          x: y,
          weight: weight(`layers.${i}.weight`, convWeight(`layers.${i}.weight`, C, op === 'conv2d' ? C : 1, K)),
          bias: weight(`layers.${i}.bias`, biasOf(`layers.${i}.bias`, C)),
        };
        const attrs = { stride: 1, pad: padding((K - 1) / 2), act: 'relu' as const };
        y = (
          op === 'conv2d'
            ? x.graph.apply(conv2d, inputs as never, attrs)
            : x.graph.apply(depthwise, inputs as never, attrs)
        ).y as Value;
      }
      return y;
    },
  };
}

export const operationCases: readonly OperationCase[] = [
  linearCase('gemm', 1152, false),
  linearCase('gemm_gelu', 1536, true),
  {
    name: 'attention',
    input: [1, 325, 1152],
    layout: 'same',
    build: (qkv) => qkv.graph.apply(attention, { qkv }, { heads: HEADS }).y as Value,
  },
  convCase('conv3x3', 64, 64, 3, 'conv2d'),
  convCase('depthwise3x3', 64, 192, 3, 'depthwise'),
  convCase('depthwise5x5', 16, 816, 5, 'depthwise'),
];

/** Depthwise's graph of an operation: its input, its output and the constants' values by key. */
export function operationGraph({ input, layout, build }: OperationCase): {
  graph: Graph;
  x: Value;
  y: Value;
  weights: ReadonlyMap<string, Float32Array>;
} {
  const graph = new Graph('f32');
  const shape = layout === 'nchw' ? [input[2] as number, input[3] as number, input[1] as number] : input.slice(1);
  const x = graph.input('x', { dtype: 'f32', shape });
  const weights = new Map<string, Float32Array>();
  const y = build(x, (name, { shape: packed, values }) => {
    const type = { dtype: 'f32', shape: packed } as const;
    const value = graph.constant({ recipe: { name, pack: () => values }, type, weights: [] });
    weights.set((value.origin as Constant).key, values);
    return value;
  });
  return { graph, x, y, weights };
}

/** A tensor [1,C,H,W] as [H,W,C]. */
export function toNhwc(values: Float32Array, [, C, H, W]: readonly number[]): Float32Array<ArrayBuffer> {
  const pixels = (H as number) * (W as number);
  const moved = new Float32Array(numel([C as number, pixels]));
  for (let c = 0; c < (C as number); c++)
    for (let i = 0; i < pixels; i++) moved[i * (C as number) + c] = values[c * pixels + i] as number;
  return moved;
}
