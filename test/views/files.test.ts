import { createRequire } from 'node:module';
import sharp from 'sharp';
import { EXRLoader } from 'three/examples/jsm/loaders/EXRLoader.js';
import { PLYLoader } from 'three/examples/jsm/loaders/PLYLoader.js';
import { FloatType } from 'three';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createGeometry,
  createScene,
  encodeExr,
  encodeGlb,
  encodePicture,
  encodePly,
  type GeometryData,
} from '../../src/views/index.js';
import { encodeJpeg } from '../../src/node/decoder.js';
import { isOwnResult } from '../../src/node/picture_format.js';
import { testGpu } from '../gpu.js';
import { depthBuffer, noise } from './fixtures.js';

interface Report {
  readonly issues: { readonly numErrors: number; readonly numWarnings: number; readonly messages: unknown[] };
  readonly info: Readonly<Record<string, unknown>>;
}
const { validateBytes } = createRequire(import.meta.url)('gltf-validator') as {
  validateBytes(bytes: Uint8Array): Promise<Report>;
};

const W = 24;
const H = 18;
const picture = noise(W, H);
let data: GeometryData;
let z: Float32Array<ArrayBuffer>;
let done = () => {};
beforeAll(async () => {
  const gpu = await testGpu();
  const values = Float32Array.from({ length: W * H }, (_, i) => (i < 5 ? NaN : i % W < 9 ? 2 : 6));
  const depth = depthBuffer(gpu, values, W, 'metric');
  const scene = await createScene(depth, picture);
  const geometry = await createGeometry(scene);
  data = await geometry.read();
  z = await scene.readDepth();
  done = () => [geometry, scene].forEach((each) => each.dispose()) ?? depth.destroy();
});
afterAll(() => done());

describe('PLY', () => {
  it('is read by three.js with the same points and colours', () => {
    const read = new PLYLoader().parse(encodePly(data).buffer);
    expect(read.getAttribute('position').count).toBe(W * H - 5);
    expect([...read.getAttribute('position').array]).toEqual([...data.positions]);
    // The loader makes linear light of sRGB, in bytes.
    const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const expected = [...data.colors].filter((_, i) => i % 4 !== 3).map((c) => 255 * linear(c / 255));
    const colors = read.getAttribute('color').array;
    expect(colors.length).toBe(expected.length);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - colors[i]!)))).toBeLessThanOrEqual(1);
  });
});

describe('GLB', () => {
  it('is valid for the validator of Khronos, with the mesh and the picture', async () => {
    const file = await encodeGlb(data, { bytes: await encodePicture(picture), type: 'image/png' });
    const { issues, info } = await validateBytes(file);
    // It notes besides that sides of the picture are no powers of two, which WebGL 1 had wanted.
    expect([issues.numErrors, issues.numWarnings, issues.messages.length]).toEqual([0, 0, 1]);
    expect(info).toMatchObject({
      version: '2.0',
      extensionsUsed: ['KHR_materials_unlit'],
      hasTextures: true,
      totalVertexCount: W * H - 5,
      totalTriangleCount: data.indices.length / 3,
    });
    const { NodeIO } = await import('@gltf-transform/core');
    const { KHRMaterialsUnlit } = await import('@gltf-transform/extensions');
    const document = await new NodeIO().registerExtensions([KHRMaterialsUnlit]).readBinary(file);
    const primitive = document.getRoot().listMeshes()[0]!.listPrimitives()[0]!;
    expect([...primitive.getAttribute('TEXCOORD_0')!.getArray()!]).toEqual([...data.uvs]);
    const bounds = primitive.getAttribute('POSITION')!;
    expect(bounds.getMax([])[2]).toBeCloseTo(-2, 5);
    expect(bounds.getMin([])[2]).toBeCloseTo(-6, 5);
    const pixels = await sharp(document.getRoot().listTextures()[0]!.getImage()!).raw().toBuffer();
    expect([...pixels.slice(0, 3)]).toEqual([...picture.data.slice(0, 3)]);
  });

  it('says which packages are missing, and refuses a mesh without triangles', async () => {
    const texture = { bytes: new Uint8Array(1), type: 'image/png' } as const;
    const none = { ...data, indices: new Uint32Array(0) };
    await expect(encodeGlb(none, texture)).rejects.toMatchObject({ code: 'EXPORT_EMPTY' });
    vi.doMock('@gltf-transform/core', () => {
      throw new Error("Cannot find package '@gltf-transform/core'");
    });
    await expect(encodeGlb(data, texture)).rejects.toMatchObject({
      code: 'EXPORT_LIBRARY',
      message: expect.stringContaining('npm install @gltf-transform/core @gltf-transform/extensions'),
    });
    vi.doUnmock('@gltf-transform/core');
  });
});

describe('EXR', () => {
  it('is read by three.js with the same values, infinity too', () => {
    // The loader reads colours and Y, not Z.
    const file = encodeExr(z, { width: W, height: H }, { channel: 'Y', text: { unit: 'metre' } });
    const read = new EXRLoader().setDataType(FloatType).parse(file.buffer);
    expect([read.width, read.height]).toEqual([W, H]);
    const values = read.data as Float32Array;
    const channels = values.length / (W * H);
    // It turns rows over, for textures.
    const rows = Array.from(
      { length: W * H },
      (_, i) => values[((H - 1 - Math.floor(i / W)) * W + (i % W)) * channels]!,
    );
    expect(rows).toEqual([...z]);
    expect((read as unknown as { header: { unit?: string } }).header.unit).toBe('metre');
  });

  it('has the channel Z unless told otherwise, and refuses what does not fit', () => {
    const text = new TextDecoder('latin1').decode(encodeExr(z, { width: W, height: H }));
    expect(text).toContain('channels\0chlist\0\x13\0\0\0Z\0\x02\0\0\0');
    expect(() => encodeExr(z, { width: W, height: H + 1 })).toThrow(/432/);
    expect(() => encodeExr(z, { width: W, height: H }, { channel: '' })).toThrow(/channel name/);
  });
});

it('JPEG and PNG of views are whole pictures, and are told from photographs', async () => {
  const jpeg = await encodeJpeg(picture);
  const { format, width, height, chromaSubsampling } = await sharp(jpeg, { failOn: 'warning' }).metadata();
  expect({ format, width, height, chromaSubsampling }).toEqual({
    format: 'jpeg',
    width: W,
    height: H,
    chromaSubsampling: '4:4:4',
  });
  await sharp(jpeg, { failOn: 'warning' }).raw().toBuffer();
  expect(isOwnResult(jpeg)).toBe(true);
  expect(isOwnResult(await sharp(jpeg).jpeg().toBuffer())).toBe(false);
  const png = await encodePicture(picture, { depthwise: '{}' });
  expect(isOwnResult(png)).toBe(true);
  expect([...(await sharp(png).raw().toBuffer())]).toEqual([...picture.data].filter((_, i) => i % 4 !== 3));
});
