import { describe, expect, it } from 'vitest';
import { Graph, type Value } from '../../../src/graph/graph.js';
import { bilinearReference } from '../../../src/kernels/bilinear.spec.js';
import { convReference } from '../../../src/kernels/conv2d.spec.js';
import { padding, samePadding } from '../../../src/kernels/conv2d.js';
import { decoder, type DecoderConfig } from '../../../src/models/decoders/decoder.js';
import { depthwiseThenLinear } from '../../../src/models/layers/depthwise.js';
import { random } from '../../../truth/random.js';
import { evaluate, randomCheckpoint, weightsOf, type Checkpoint } from './evaluate.js';

/** A map [H,W,C], f64. */
interface Map64 {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

const relu = ({ shape, values }: Map64): Map64 => ({ shape, values: values.map((v) => Math.max(v, 0)) });
const add = (a: Map64, b: Map64): Map64 => ({ shape: a.shape, values: a.values.map((v, i) => v + b.values[i]!) });
const resize = ({ shape, values }: Map64, size: readonly [number, number], alignCorners: boolean): Map64 =>
  bilinearReference({ type: { dtype: 'f32', shape }, data: values }, size, alignCorners);

/** The published layer on a map, with the weight [N,C,K,K] as it is in the file. */
function conv(checkpoint: Checkpoint, name: string, { shape, values }: Map64): Map64 {
  const {
    shape: [N, C, K],
    values: weight,
  } = checkpoint.get(`${name}.weight`) as { shape: [number, number, number]; values: Float32Array };
  const packed = Float64Array.from({ length: K * K * C * N }, (_, i) => {
    const [n, c, tap] = [i % N, Math.floor(i / N) % C, Math.floor(i / N / C)];
    return weight[(n * C + c) * K * K + tap]!;
  });
  const bias = Float64Array.from(checkpoint.get(`${name}.bias`)?.values ?? new Float32Array(N));
  const type = { dtype: 'f32', shape: [K, K, C, N] } as const;
  return convReference(
    { shape, values, magnitude: values },
    { type, data: packed },
    { type: { dtype: 'f32', shape: [N] }, data: bias },
    { stride: 1, pad: padding((K - 1) / 2) },
  );
}

/** The published decoder: every layer where the paper has it, every map stored. */
function publishedDecoder(
  checkpoint: Checkpoint,
  maps: readonly Map64[],
  { size, headAlignCorners, head }: DecoderConfig,
): Map64 {
  const unit = (name: string, x: Map64) =>
    add(x, conv(checkpoint, `${name}.conv2`, relu(conv(checkpoint, `${name}.conv1`, relu(x)))));
  const laterals = maps.map((map, i) => conv(checkpoint, `layer${i + 1}_rn`, map));
  let path: Map64 | undefined;
  for (let level = 4; level >= 1; level--) {
    const lateral = laterals[level - 1]!;
    const sum = path ? add(path, unit(`refinenet${level}.resConfUnit1`, lateral)) : lateral;
    const refined = unit(`refinenet${level}.resConfUnit2`, sum);
    const [h, w] = (level > 1 ? laterals[level - 2]!.shape : refined.shape.map((side) => 2 * side)) as [number, number];
    path = conv(checkpoint, `refinenet${level}.out_conv`, resize(refined, [h, w], true));
  }
  const hidden = relu(conv(checkpoint, head[1], resize(conv(checkpoint, head[0], path!), size, headAlignCorners)));
  return relu(conv(checkpoint, head[2], hidden));
}

/**
 * Shapes of a decoder whose levels have the given channels in and out; a fusion block ends in the width of the next
 * one.
 */
function decoderShapes(inputs: readonly number[], widths: readonly number[]): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  const layer = (name: string, N: number, C: number, K: number) =>
    Object.assign(shapes, { [`${name}.weight`]: [N, C, K, K], [`${name}.bias`]: [N] });
  inputs.forEach((C, i) => {
    const width = widths[i]!;
    shapes[`layer${i + 1}_rn.weight`] = [width, C, 3, 3];
    for (const unit of ['resConfUnit1', 'resConfUnit2'])
      for (const name of ['conv1', 'conv2']) layer(`refinenet${i + 1}.${unit}.${name}`, width, width, 3);
    layer(`refinenet${i + 1}.out_conv`, widths[Math.max(0, i - 1)]!, width, 1);
  });
  layer('a', 4, widths[0]!, 3);
  layer('b', 4, 4, 3);
  layer('c', 1, 4, 1);
  return shapes;
}

/** Largest difference, in units of the largest expected value. */
function distance(actual: Float64Array, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  expect(largest).toBeGreaterThan(0);
  return actual.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i]!)), 0) / largest;
}

const uniform = (length: number, seed: number) =>
  Float64Array.from(
    { length },
    (
      (next) => () =>
        2 * next() - 1
    )(random(seed)),
  );

/** Packed weights are rounded to f32 once. */
const ROUNDED = 2e-6;

describe('exact rewrites, in f64 on random weights', () => {
  // Widths of MiDaS small halve from level to level, so that projections are composed with the convolution before them;
  // those of Depth Anything do not.
  it.each([
    ['halving widths', [4, 8, 16, 32], true],
    ['one width', [8, 8, 8, 8], false],
  ] as const)('the decoder is the published one: %s', (_, widths, headAlignCorners) => {
    const inputs = [4, 4, 8, 8];
    const checkpoint = randomCheckpoint(decoderShapes(inputs, widths), 1);
    const config: DecoderConfig = {
      size: [13, 12],
      block: 'custom' as const,
      headAlignCorners,
      final: { kind: 'relu' },
      head: ['a', 'b', 'c'],
    };
    const graph = new Graph();
    const values = new Map<Value, Float64Array>();
    const maps = inputs.map((C, i) => {
      const shape = [
        [5, 8],
        [3, 4],
        [2, 2],
        [1, 1],
      ][i]!.concat(C);
      const value = graph.input(`map ${i}`, { dtype: 'f32', shape });
      values.set(
        value,
        uniform(
          shape.reduce((n, d) => n * d, 1),
          i,
        ),
      );
      return value;
    });
    const depth = decoder(maps, weightsOf(checkpoint), config);
    const expected = publishedDecoder(
      checkpoint,
      maps.map((map) => ({ shape: map.type.shape, values: values.get(map)! })),
      config,
    );
    expect(distance(evaluate(graph, values, checkpoint)(depth), expected.values)).toBeLessThan(ROUNDED);
    const composed = [...graph.constants.keys()].filter((key) =>
      / (?:linear behind conv|conv behind linear) /.test(key),
    );
    expect(composed.length).toBe(widths[0] === widths[1] ? 1 : 4);
  });

  it('a separable block is depthwise convolution, BatchNorm, ReLU6, 1×1, BatchNorm', () => {
    const [H, W, C, N, K, stride] = [7, 6, 8, 24, 5, 2];
    const norms = (name: string, channels: number) =>
      Object.fromEntries(
        ['weight', 'bias', 'running_mean', 'running_var'].map((part) => [`${name}.${part}`, [channels]]),
      );
    const checkpoint = randomCheckpoint(
      { 'dw.weight': [C, 1, K, K], 'pw.weight': [N, C, 1, 1], ...norms('bn1', C), ...norms('bn2', N) },
      2,
    );
    const weights = weightsOf(checkpoint);
    const graph = new Graph();
    const x = graph.input('x', { dtype: 'f32', shape: [H, W, C] });
    const data = uniform(H * W * C, 3);
    const norm = (name: string) => ({ weights: weights.at(name), eps: 1e-3 });
    const y = depthwiseThenLinear(
      x,
      { depthwise: weights.at('dw'), depthwiseNorm: norm('bn1'), linear: weights.at('pw'), linearNorm: norm('bn2') },
      { stride },
    );
    expect(graph.nodes.map(({ op }) => op.name)).toEqual(['separable']);
    const batchNorm = (name: string, value: number, c: number) => {
      const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
        (part) => checkpoint.get(`${name}.${part}`)!.values[c]!,
      ) as [number, number, number, number];
      return ((value - mean) / Math.sqrt(variance + 1e-3)) * gamma + beta;
    };
    const { top, left } = samePadding(H, W, K, stride);
    const [dw, pw] = [checkpoint.get('dw.weight')!.values, checkpoint.get('pw.weight')!.values];
    const [OH, OW] = y.type.shape as [number, number];
    const expected = new Float64Array(OH * OW * N);
    for (let pixel = 0; pixel < OH * OW; pixel++) {
      const [oy, ox] = [Math.floor(pixel / OW), pixel % OW];
      const mixed = Array.from({ length: C }, (_, c) => {
        let sum = 0;
        for (let tap = 0; tap < K * K; tap++) {
          const [iy, ix] = [oy * stride - top + Math.floor(tap / K), ox * stride - left + (tap % K)];
          if (iy >= 0 && iy < H && ix >= 0 && ix < W) sum += dw[c * K * K + tap]! * data[(iy * W + ix) * C + c]!;
        }
        return Math.min(Math.max(batchNorm('bn1', sum, c), 0), 6);
      });
      for (let n = 0; n < N; n++)
        expected[pixel * N + n] = batchNorm(
          'bn2',
          mixed.reduce((sum, v, c) => sum + v * pw[n * C + c]!, 0),
          n,
        );
    }
    expect(distance(evaluate(graph, new Map([[x, data]]), checkpoint)(y), expected)).toBeLessThan(ROUNDED);
  });
});
