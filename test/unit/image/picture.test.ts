import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DisposedError, ImageError, LimitError, NetworkError } from '../../../src/errors.js';
import { TextureUsage } from '../../../src/gpu/buffers.js';
import type { Gpu } from '../../../src/gpu/gpu.js';
import { decodePicture } from '../../../src/image/decode.js';
import { preprocess } from '../../../src/image/preprocess.js';
import { PictureTexture, pictureSize, type ReadyPicture } from '../../../src/image/picture.js';
import type { RawPicture } from '../../../src/image/pixels.js';
import { testGpu } from '../../gpu.js';
import { runGraph } from '../../image/run_graph.js';

let gpu: Gpu;
let picture: PictureTexture;
beforeAll(async () => {
  gpu = await testGpu();
  picture = new PictureTexture(gpu);
});
afterAll(() => picture.dispose());

/** Colours of a texture as the preprocessing kernel reads them: bytes, or floats as they are. */
async function colorsOf(texture: GPUTexture): Promise<number[]> {
  const { width, height, format } = texture;
  const options = { size: [height, width], mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const { y } = await runGraph(
    gpu,
    (graph) => ({
      y: preprocess(graph, graph.input('picture', { dtype: 'texture', shape: [height, width] }), options),
    }),
    { textures: { picture: texture } },
  );
  return Array.from(
    y.filter((_, i) => i % 4 < 3),
    (v) => (format === 'rgba8unorm' ? Math.round(255 * v) : v),
  );
}

const upload = (raw: unknown) => picture.upload(raw as ReadyPicture);
const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    if (error instanceof ImageError || error instanceof LimitError) return error.code;
    throw error;
  }
  return undefined;
};

describe('PictureTexture with raw pixels', () => {
  it('uploads RGBA bytes as they are, from any view', async () => {
    const data = new Uint8Array([9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 250, 251, 252, 253]).subarray(3);
    expect(await colorsOf(upload({ data, width: 3, height: 1 }))).toEqual([1, 2, 3, 5, 6, 7, 250, 251, 252]);
    expect(await colorsOf(upload({ data: new Uint8ClampedArray(data), width: 1, height: 3 }))).toEqual([
      1, 2, 3, 5, 6, 7, 250, 251, 252,
    ]);
  });

  it('expands grey and RGB', async () => {
    expect(await colorsOf(upload({ data: new Uint8Array([7, 200]), width: 2, height: 1, channels: 1 }))).toEqual([
      7, 7, 7, 200, 200, 200,
    ]);
    expect(
      await colorsOf(upload({ data: new Uint8Array([1, 2, 3, 4, 5, 6]), width: 1, height: 2, channels: 3 })),
    ).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('uploads floats without rounding them', async () => {
    const rgb = new Float32Array([0, 0.1, 1, 1 / 3, 0.7, 0.2]);
    expect(await colorsOf(upload({ data: rgb, width: 2, height: 1, channels: 3 }))).toEqual([...rgb]);
    expect(await colorsOf(upload({ data: new Float32Array([0.25]), width: 1, height: 1, channels: 1 }))).toEqual([
      0.25, 0.25, 0.25,
    ]);
  });

  it('makes one texture for all frames of one size and format', () => {
    const frame = (width: number, kind: typeof Uint8Array | typeof Float32Array): RawPicture => ({
      data: new kind(width * 2 * 3),
      width,
      height: 2,
      channels: 3,
    });
    const first = upload(frame(6, Uint8Array));
    expect(upload(frame(6, Uint8Array))).toBe(first);
    const floats = upload(frame(6, Float32Array));
    expect(floats).not.toBe(first);
    expect(floats.format).toBe('rgba32float');
    const wider = upload(frame(7, Float32Array));
    expect([wider.width, wider.height]).toEqual([7, 2]);
  });

  it('never writes to the source', () => {
    const data = new Uint8Array([1, 2, 3]);
    upload({ data, width: 1, height: 1, channels: 3 });
    expect([...data]).toEqual([1, 2, 3]);
  });

  it('refuses sizes that are no sizes', () => {
    for (const [width, height] of [
      [0, 0],
      [0, 4],
      [-2, 2],
      [1.5, 2],
      [NaN, 1],
      [Infinity, 1],
    ] as const) {
      expect(codeOf(() => upload({ data: new Uint8Array(16), width, height }))).toBe('IMAGE_SIZE');
    }
  });

  it('refuses data of another length or type, with the numbers', () => {
    expect(() => upload({ data: new Uint8Array(11), width: 2, height: 2, channels: 3 })).toThrow(
      expect.objectContaining({ code: 'IMAGE_DATA', expected: 12, actual: 11 }),
    );
    expect(() => upload({ data: new Uint8Array(8), width: 2, height: 1, channels: 3 })).toThrow(
      'takes 6 values; the data holds 8',
    );
    for (const channels of [0, 2, 5])
      expect(codeOf(() => upload({ data: new Uint8Array(channels), width: 1, height: 1, channels }))).toBe(
        'IMAGE_DATA',
      );
    for (const data of [new Uint16Array(4), new Float64Array(4), [1, 2, 3, 4], 'abcd', null])
      expect(codeOf(() => upload({ data, width: 1, height: 1 }))).toBe('IMAGE_DATA');
    const detached = new Uint8Array(4);
    structuredClone(detached, { transfer: [detached.buffer] });
    expect(codeOf(() => upload({ data: detached, width: 1, height: 1 }))).toBe('IMAGE_DATA');
  });

  it('refuses floats outside 0 to 1, with their range', () => {
    const range =
      (...data: number[]) =>
      () =>
        upload({ data: new Float32Array(data), width: data.length, height: 1, channels: 1 });
    expect(range(255, 12, 0)).toThrow(expect.objectContaining({ code: 'IMAGE_RANGE', actual: [0, 255] }));
    expect(range(255, 12, 0)).toThrow('Divide 8-bit values by 255');
    expect(range(9, 5)).toThrow('from 5 to 9');
    expect(range(-0.5, 0.5)).toThrow('from -0.5 to 0.5');
    expect(range(0.5, NaN, 1)).toThrow('1 are not finite');
    expect(range(NaN, Infinity)).toThrow('none of these is finite');
    expect(codeOf(range(0, 1, 0.5))).toBeUndefined();
  });

  it('refuses sides over the limit of the device', () => {
    const width = gpu.device.limits.maxTextureDimension2D + 1;
    expect(() => upload({ data: new Uint8Array(width), width, height: 1, channels: 1 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_TEXTURE', actual: width, expected: width - 1 }),
    );
  });
});

describe('PictureTexture with a GPUTexture', () => {
  const texture = (descriptor: Partial<GPUTextureDescriptor>) =>
    gpu.device.createTexture({
      size: [4, 2],
      format: 'rgba8unorm',
      usage: TextureUsage.TEXTURE_BINDING,
      ...descriptor,
    });

  it('returns the texture itself', () => {
    for (const format of ['rgba8unorm', 'bgra8unorm', 'rgba16float', 'rgba32float'] as const) {
      const source = texture({ format });
      expect(upload(source)).toBe(source);
      source.destroy();
    }
  });

  it('refuses textures the kernels would read wrongly or not at all', () => {
    const wrong: Partial<GPUTextureDescriptor>[] = [
      { usage: TextureUsage.COPY_DST },
      { format: 'rgba8unorm-srgb' },
      { format: 'rgba8uint' },
      { format: 'r8unorm' },
      { format: 'depth32float' },
      { size: [4, 2, 3] },
      { sampleCount: 4, usage: TextureUsage.TEXTURE_BINDING | TextureUsage.RENDER_ATTACHMENT },
    ];
    for (const descriptor of wrong)
      expect(
        codeOf(() => upload(texture(descriptor))),
        JSON.stringify(descriptor),
      ).toBe('IMAGE_TEXTURE');
  });
});

// Stand-ins with the properties that tell the browser's classes apart; the classes themselves are tested in a browser.
describe('PictureTexture with sources that are not ready', () => {
  const notReady: [string, object][] = [
    ['a video without a frame', { readyState: 1, videoWidth: 640, videoHeight: 480 }],
    ['a video without a size', { readyState: 4, videoWidth: 0, videoHeight: 0 }],
    ['an image still loading', { complete: false, naturalWidth: 0, naturalHeight: 0 }],
    ['a closed video frame', { displayWidth: 0, displayHeight: 0, close() {} }],
    ['an empty canvas', { width: 0, height: 20, getContext() {} }],
    ['a closed image bitmap', { width: 0, height: 0, close() {} }],
  ];
  for (const [name, source] of notReady) {
    it(`refuses ${name}`, () => {
      expect(codeOf(() => upload(source))).toBe('IMAGE_NOT_READY');
      expect(codeOf(() => pictureSize(source as ReadyPicture))).toBe('IMAGE_NOT_READY');
    });
  }

  it('refuses an image element whose file is broken', () => {
    expect(codeOf(() => upload({ complete: true, naturalWidth: 0, naturalHeight: 0, currentSrc: 'a.png' }))).toBe(
      'IMAGE_DECODE',
    );
  });

  it('refuses what is no picture', () => {
    for (const source of [undefined, null, 5, {}, () => 0]) expect(codeOf(() => upload(source))).toBe('IMAGE_SOURCE');
  });

  it('names a failed copy by its cause', () => {
    const bitmap = { width: 2, height: 2, close() {} };
    const failing = (name: string) => {
      const queue = {
        copyExternalImageToTexture: () => {
          throw new DOMException('no', name);
        },
      };
      const device = { limits: gpu.device.limits, createTexture: () => ({ destroy() {} }), queue };
      return new PictureTexture({ device } as unknown as Gpu);
    };
    expect(codeOf(() => failing('SecurityError').upload(bitmap as ImageBitmap))).toBe('IMAGE_TAINTED');
    expect(codeOf(() => failing('InvalidStateError').upload(bitmap as ImageBitmap))).toBe('IMAGE_NOT_READY');
  });

  it('says so where the queue copies pixels alone, as in Deno', () => {
    const device = { limits: gpu.device.limits, queue: {} };
    const picture = new PictureTexture({ device } as unknown as Gpu);
    const bitmap = { width: 2, height: 2, close: () => undefined } as unknown as ImageBitmap;
    expect(codeOf(() => picture.upload(bitmap))).toBe('IMAGE_DECODER');
  });
});

describe('decodePicture', () => {
  it('says so where nothing can decode, and stops when told to', async () => {
    await expect(decodePicture(new Blob(['x']))).rejects.toMatchObject({ code: 'IMAGE_DECODER' });
    await expect(decodePicture(new Blob(['x']), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('gives a JPEG of a camera that the browser refuses the header that it waits for', async () => {
    const scope = globalThis as { createImageBitmap?: unknown };
    const bitmap = { width: 1, height: 1, close: () => undefined };
    try {
      scope.createImageBitmap = async (blob: Blob) => {
        const [, , , first] = new Uint8Array(await blob.arrayBuffer());
        if (first !== 0xe0) throw new DOMException('no JFIF header', 'InvalidStateError');
        return bitmap;
      };
      const frame = [0xff, 0xc0, 0, 17, 8, 0, 1, 0, 1, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
      const jpeg = new Blob([Uint8Array.of(0xff, 0xd8, 0xff, 0xe1, 0, 2, ...frame)]);
      expect(await decodePicture(jpeg)).toBe(bitmap);
      await expect(decodePicture(jpeg.slice(0, 8))).rejects.toMatchObject({ code: 'IMAGE_DECODE' });
    } finally {
      delete scope.createImageBitmap;
    }
  });

  it('asks for pixels as they are, names what cannot be decoded, and closes what comes too late', async () => {
    const closed: number[] = [];
    const late = new AbortController();
    const scope = globalThis as { createImageBitmap?: unknown };
    try {
      scope.createImageBitmap = async (blob: Blob, options: object) => {
        expect(options).toEqual({
          imageOrientation: 'from-image',
          colorSpaceConversion: 'none',
          premultiplyAlpha: 'none',
        });
        if (blob.size === 1) throw new DOMException('broken', 'InvalidStateError');
        late.abort();
        return { width: 0, height: 0, close: () => closed.push(1) };
      };
      await expect(decodePicture(new File(['x'], 'a.png', { type: 'image/png' }))).rejects.toThrow(
        'a.png: 1 bytes of image/png cannot be decoded',
      );
      await expect(decodePicture(new Blob(['xy']), late.signal)).rejects.toMatchObject({ name: 'AbortError' });
      expect(closed).toEqual([1]);
      await expect(decodePicture('http://localhost:1/a.jpg?key=secret')).rejects.toSatisfy(
        (e) => e instanceof NetworkError && e.code === 'NET_UNREACHABLE' && !e.message.includes('secret'),
      );
    } finally {
      delete scope.createImageBitmap;
    }
  });
});

describe('a picture texture', () => {
  it('refuses work after dispose', () => {
    const gone = new PictureTexture(gpu);
    gone.dispose();
    gone.dispose();
    expect(() => gone.upload({ data: new Uint8Array(4), width: 1, height: 1 })).toThrow(DisposedError);
  });
});
