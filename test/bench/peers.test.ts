import { describe, expect, it } from 'vitest';
import { convWeight, operationCases, toNhwc } from '../../bench/peers/cases.js';
import { difference, sameness } from '../../bench/peers/compete.js';
import { depthwiseOperation } from '../../bench/peers/depthwise_side.js';
import { numel } from '../../src/tensor.js';
import { random } from '../../truth/random.js';
import { seededTensor } from '../../truth/seeded_weights.js';
import { testGpu } from '../gpu.js';

const uniform = (shape: readonly number[]): Float32Array => {
  const next = random(3);
  return Float32Array.from({ length: numel(shape) }, () => 2 * next() - 1);
};

describe('what both sides compute', () => {
  it('moves channels last', () => {
    expect([...toNhwc(Float32Array.of(1, 2, 3, 4, 5, 6), [1, 3, 1, 2])]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it('packs convolution weights from the layout of the ONNX graph', () => {
    const source = seededTensor('layers.0.weight', [4, 2, 3, 3]);
    const { shape, values } = convWeight('layers.0.weight', 4, 2, 3);
    expect(shape).toEqual([3, 3, 2, 4]);
    // y 2, x 1, channel 1 in, channel 3 out
    expect(values[((2 * 3 + 1) * 2 + 1) * 4 + 3]).toBe(source[((3 * 2 + 1) * 3 + 2) * 3 + 1]);
    expect(convWeight('layers.0.weight', 8, 1, 5).shape).toEqual([5, 5, 8]);
  });

  it('is one depthwise convolution after another, as in the ONNX graph', async () => {
    const kase = operationCases.find(({ name }) => name === 'depthwise5x5');
    if (!kase) throw new Error('no such case');
    const [, C, H, W] = kase.input as [number, number, number, number];
    const input = uniform(kase.input);
    const side = await depthwiseOperation(await testGpu(), kase, input);
    const values = await side.call();
    await side.dispose();
    expect(side.work).toMatch(/^depthwise\//);
    for (const c of [0, 7, C - 1]) {
      const expected = chain(input.subarray(c * H * W, (c + 1) * H * W), c, C, H, W);
      for (let i = 0; i < H * W; i++) expect(values[i * C + c]).toBeCloseTo(expected[i] as number, 5);
    }
  });
});

describe('outputs of both sides', () => {
  const peer = Float32Array.of(0, 1, 2, 4);

  it('differ by a part of the range of the peer', () => {
    expect(difference(Float32Array.of(0, 1, 2.5, 4), peer)).toBe(0.125);
    expect(() => difference(peer.subarray(1), peer)).toThrow('Depthwise gives 3 values and the peer 4');
    expect(() => difference(Float32Array.of(0, NaN, 2, 4), peer)).toThrow('value 1 is NaN here and 1 there');
  });

  it('are refused where they differ by more than a thousandth', () => {
    expect(sameness(Float32Array.of(0, 1, 2.001, 4), peer)).toBeCloseTo(0.00025, 5);
    expect(() => sameness(Float32Array.of(0, 1, 2.005, 4), peer)).toThrow('outputs differ by 1.3e-3 of their range');
  });
});

/** One channel through the four 5×5 layers with ReLU, in f64. */
function chain(channel: Float32Array, c: number, C: number, H: number, W: number): Float64Array {
  let map = Float64Array.from(channel);
  for (let layer = 0; layer < 4; layer++) {
    const weight = seededTensor(`layers.${layer}.weight`, [C, 1, 5, 5]).subarray(25 * c, 25 * c + 25);
    const bias = seededTensor(`layers.${layer}.bias`, [C])[c] as number;
    const at = (y: number, x: number) => (y < 0 || x < 0 || y >= H || x >= W ? 0 : (map[y * W + x] as number));
    map = Float64Array.from(map, (_, i) => {
      let sum = bias;
      for (let k = 0; k < 25; k++)
        sum += (weight[k] as number) * at(Math.floor(i / W) + Math.floor(k / 5) - 2, (i % W) + (k % 5) - 2);
      return Math.max(sum, 0);
    });
  }
  return map;
}
