import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { PictureTexture } from '../../src/image/picture.js';
import { preprocess, type Convention, type Preprocess, type PreprocessOptions } from '../../src/image/preprocess.js';
import { preprocessHub } from '../../src/image/preprocess_hub.js';
import { preprocessBytes } from '../../src/image/preprocess_bytes.js';
import { firstSize, networkSize, type SizeRule } from '../../src/image/size.js';
import type { Normalization } from '../../src/kernels/preprocess.js';
import { testGpu } from '../gpu.js';
import { seededPicture } from '../../truth/seeded_weights.js';
import { recorded, samples, type TransformRecord } from './fixtures.js';
import { runGraph } from './run_graph.js';

const imageNet: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const half: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const transforms: Record<
  TransformRecord['transform'],
  { rule: SizeRule; preprocess: Preprocess; normalization: Normalization }
> = {
  'depth-anything-v2': {
    rule: { width: 518, height: 518, multiple: 14, keepAspect: true, method: 'lower_bound' },
    preprocess,
    normalization: imageNet,
  },
  'midas-small': {
    rule: { width: 256, height: 256, multiple: 32, keepAspect: true, method: 'upper_bound' },
    preprocess,
    normalization: imageNet,
  },
  dpt: {
    rule: { width: 384, height: 384, multiple: 32, keepAspect: true, method: 'minimal' },
    preprocess,
    normalization: half,
  },
  hub: {
    rule: { width: 518, height: 518, multiple: 14, keepAspect: true, method: 'minimal' },
    preprocess: preprocessHub,
    normalization: imageNet,
  },
  'depth-anything-3': {
    rule: { width: 504, height: 504, multiple: 14, keepAspect: true, method: 'longest_side' },
    preprocess: preprocessBytes,
    normalization: imageNet,
  },
};
const byConvention: Readonly<Record<Convention, Preprocess>> = { original: preprocess, hub: preprocessHub };

let gpu: Gpu;
let picture: PictureTexture;
const published = new Map([...samples('transforms'), ...samples('byte_transforms')]);
beforeAll(async () => {
  gpu = await testGpu();
  picture = new PictureTexture(gpu);
});
afterAll(() => picture.dispose());

/** Network input [H,W,4] of an RGB picture. */
async function run(
  data: Uint8Array,
  width: number,
  height: number,
  { by, ...options }: PreprocessOptions & { readonly by: Preprocess },
): Promise<Float32Array> {
  const texture = picture.upload({ data, width, height, channels: 3 });
  const { y } = await runGraph(
    gpu,
    (graph) => ({
      y: by(graph, graph.input('picture', { dtype: 'texture', shape: [height, width] }), options),
    }),
    { textures: { picture: texture } },
  );
  return y as Float32Array;
}

/** Differences from the recorded samples of a [3,H,W] tensor, in 8-bit levels before normalisation. */
async function levelErrors(name: string, record: TransformRecord): Promise<number[]> {
  const { rule, preprocess: by, normalization } = transforms[record.transform];
  const sizes = record.input_size ? { inputSize: record.input_size } : {};
  const { width, height } = networkSize(rule, record.width, record.height, sizes);
  const first = firstSize(rule, record.width, record.height, sizes);
  expect([3, height, width]).toEqual(record.shape);
  const data = seededPicture(record.picture, record.height, record.width);
  const y = await run(data, record.width, record.height, {
    size: [height, width],
    between: [first.height, first.width],
    ...normalization,
    by,
  });
  return Array.from(published.get(name) ?? [], (value, k) => {
    const [channel, pixel] = [
      Math.floor((k * record.stride) / (height * width)),
      (k * record.stride) % (height * width),
    ];
    return Math.abs((y[4 * pixel + channel] as number) - value) * 255 * (normalization.std[channel] as number);
  });
}

describe('preprocess', () => {
  for (const [name, record] of Object.entries({ ...recorded.transforms, ...recorded.byte_transforms })) {
    it(`${name} is as published`, async () => {
      const errors = await levelErrors(name, record);
      expect(errors.length).toBeGreaterThan(500);
      const worst = Math.max(...errors);
      if (record.transform === 'depth-anything-3') {
        // cv2 computes with integers, or floats in another order: bytes fall to the other side of a rounding boundary.
        expect(worst).toBeLessThan(1.01);
        expect(errors.filter((e) => e > 1e-3).length / errors.length).toBeLessThan(0.002);
      } else if (record.transform !== 'hub') {
        // cv2 holds positions in f32, as much as 2⁻¹⁶ of a pixel off at this size; here they are exact.
        expect(worst).toBeLessThan(0.005);
      } else {
        // Pillow's weights are 22-bit integers: bytes fall to the other side of a rounding boundary about once in
        // 10,000.
        expect(worst).toBeLessThan(1.01);
        expect(errors.filter((e) => e > 1e-3).length).toBeLessThanOrEqual(1);
      }
    });
  }

  for (const convention of ['original', 'hub'] as const) {
    it(`of a picture of the network's size is exact (${convention})`, async () => {
      const data = seededPicture('exact', 28, 42);
      const y = await run(data, 42, 28, {
        size: [28, 42],
        mean: [0, 0, 0],
        std: [1, 1, 1],
        by: byConvention[convention],
      });
      for (let i = 0; i < data.length; i++) {
        expect(255 * (y[Math.floor(i / 3) * 4 + (i % 3)] as number)).toBeCloseTo(data[i] as number, 4);
      }
      expect(y.filter((_, i) => i % 4 === 3).every((v) => v === 0)).toBe(true);
    });
  }

  it('leaves alpha out, whatever it is', async () => {
    const size: [number, number] = [14, 14];
    const rgb = seededPicture('alpha', 20, 30);
    const opaque = await run(rgb, 30, 20, { size, ...imageNet, by: preprocess });
    const rgba = Uint8Array.from({ length: 2400 }, (_, i) =>
      i % 4 === 3 ? (i * 7) % 256 : (rgb[Math.floor(i / 4) * 3 + (i % 4)] as number),
    );
    const texture = picture.upload({ data: rgba, width: 30, height: 20 });
    const build: Parameters<typeof runGraph>[1] = (graph) => ({
      y: preprocess(graph, graph.input('picture', { dtype: 'texture', shape: [20, 30] }), { size, ...imageNet }),
    });
    expect((await runGraph(gpu, build, { textures: { picture: texture } }))['y']).toEqual(opaque);
  });
});
