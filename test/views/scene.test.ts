import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBuffer } from '../../src/gpu/buffers.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { ClipWork } from '../../src/cli/video/clip_work.js';
import { OpenPart, STEREO, type Making } from '../../src/cli/video/open_part.js';
import { encoderOptions } from '../../src/node/video/encoders.js';
import { ProtectedFiles } from '../../src/node/protected_files.js';
import { stereoOf, type SceneOptions as ClipScenes } from '../../src/cli/video/clip_tracks.js';
import { newDepthMap, type DepthMap } from '../../src/depth/depth_map.js';
import { DrawingCache } from '../../src/depth/drawing_cache.js';
import {
  createFocus,
  createGeometry,
  createScene,
  createStereo,
  createView,
  readNormals,
  type DepthScene,
  type Lens,
  type SceneOptions,
} from '../../src/views/index.js';
import { testGpu } from '../gpu.js';
import { countingDevice } from '../unit/graph/counting_device.js';
import { depthBuffer, noise } from './fixtures.js';

let gpu: Gpu;
beforeAll(async () => void (gpu = await testGpu()));

const W = 17;
const H = 15;
const made: { dispose?(): void; destroy?(): void }[] = [];
afterAll(() => made.forEach((each) => (each.dispose ?? each.destroy)!.call(each)));

async function sceneOf(
  value: (x: number, y: number) => number,
  kind: 'relative-inverse' | 'relative' | 'metric',
  options: SceneOptions = {},
  [width, height] = [W, H],
): Promise<DepthScene> {
  const values = Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  const depth = depthBuffer(gpu, values, width, kind);
  const scene = await createScene(depth, noise(width, height), options);
  made.push(scene, depth);
  return scene;
}

/** A plane that ends in a nearer one, a column from the right. */
const twoPlanes = (x: number, y: number) => (x < W - 2 ? 4 + 0.01 * y : 2);

/** A map whose network says how many degrees it spans: 33 from top to bottom, and these from side to side. */
function mapThatSpans(degrees: number): DepthMap {
  const [depth, fieldOfView] = [new Float32Array(W * H).fill(2), Float32Array.of(33, degrees, 0, 0)].map(
    (values) => depthBuffer(gpu, values, 1, 'metric').buffer,
  );
  const facts = { kind: 'metric', model: 'depth-anything-3-small', width: W, height: H } as const;
  const map = newDepthMap(gpu, new DrawingCache(gpu), { depth: depth!, fieldOfView: fieldOfView! }, facts);
  made.push(map);
  return map;
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[], relative = 1e-6): void {
  expect(actual.length).toBe(expected.length);
  const off = expected.findIndex((value, i) => !(Math.abs(actual[i]! - value) <= relative * Math.abs(value) + 1e-7));
  if (off >= 0) expect.fail(`value ${off} is ${actual[off]}, expected ${expected[off]}`);
}

describe('a scene', () => {
  it('has metres as they are, and leaves out what is not a distance', async () => {
    const bad = [NaN, Infinity, -Infinity, 0, -1];
    const scene = await sceneOf((x, y) => (y === 0 && x < 5 ? bad[x]! : 2 + 0.01 * x), 'metric', { near: 1, far: 4 });
    const z = await scene.readDepth();
    expect([...z.slice(0, 5)]).toEqual(bad.map(() => Infinity));
    expectNear(
      z.slice(5),
      Array.from({ length: W * H - 5 }, (_, i) => Math.fround(2 + 0.01 * ((i + 5) % W))),
    );
    expect(scene).toMatchObject({ unit: 'metre', near: 1, far: 4 });
  });

  it('has a relative map between near and far, linear in inverse depth and cut at the ends of its range', async () => {
    const value = (x: number) => 10 + 2 * x;
    const scene = await sceneOf(value, 'relative-inverse', { near: 2, far: 10, range: [12, 24], step: 9 });
    const t = (x: number) => Math.min(Math.max((value(x) - 12) / 12, 0), 1);
    const expected = Array.from({ length: W * H }, (_, i) => 1 / (0.1 + t(i % W) * 0.4));
    expectNear(await scene.readDepth(), expected);
    expect(scene.unit).toBe('none');
  });

  it('takes the 1st and 99.5th percentile of a map for its ends, and 1 to 8 for near and far', async () => {
    const scene = await sceneOf((x, y) => x + 40 * y, 'relative-inverse', { step: 9 }, [40, 30]);
    const z = await scene.readDepth();
    const [low, high] = [0.01 * 1200 - 1, 0.995 * 1200 - 1];
    const expected = Array.from({ length: 1200 }, (_, i) => {
      const t = Math.min(Math.max((i - low) / (high - low), 0), 1);
      return 1 / (1 / 8 + (t * 7) / 8);
    });
    // Percentiles are found to a 2048th of the range.
    expectNear(z, expected, 5e-3);
    expect([Math.min(...z), Math.max(...z)].map((end) => Math.round(end * 1e4) / 1e4)).toEqual([1, 8]);
  });

  it('makes one step of a slope between two surfaces, and leaves planes alone', async () => {
    const size: [number, number] = [40, 64];
    const slope = [0.2, 0.2, 0.2, 0.22, 0.35, 0.65, 0.78, 0.8, 0.8, 0.8];
    const options = { near: 1, far: 1000 };
    const edges = await sceneOf((x) => 1 / slope[Math.min(Math.max(x - 15, 0), 9)]!, 'metric', options, size);
    const sharp = [...(await edges.readDepth()).slice(15, 25)].map((z) => 1 / z);
    // In the middle column the four around it have 0.22, 0.35 | 0.65, 0.78: each side keeps within 1/8 of its surface.
    const jumps = sharp.slice(1).map((w, i) => w - sharp[i]!);
    expect(jumps.findIndex((jump) => jump === Math.max(...jumps))).toBe(4);
    expect(Math.max(...jumps)).toBeGreaterThan(0.45);
    expect(Math.max(...sharp.slice(0, 5))).toBeLessThan(0.2 + 0.6 / 8 + 1e-6);
    expect(Math.min(...sharp.slice(5))).toBeGreaterThan(0.8 - 0.6 / 8 - 1e-6);
    const floor = (_: number, y: number) => 1 / (0.02 + 0.015 * y);
    const plane = await sceneOf(floor, 'metric', options, size);
    expectNear(
      await plane.readDepth(),
      Array.from({ length: 40 * 64 }, (_, i) => floor(0, Math.floor(i / 40))),
      2e-6,
    );
  });

  it('leaves out sky where asked to, of a map that has it', async () => {
    const values = new Float32Array(W * H).fill(3);
    const sky = Float32Array.from(values, (_, i) => (i < W ? 0.5 : 0.49));
    const [depth, side] = [values, sky].map((each) => depthBuffer(gpu, each, W, 'metric').buffer);
    const map = newDepthMap(
      gpu,
      new DrawingCache(gpu),
      { depth: depth!, sky: side! },
      { kind: 'metric', model: 'depth-anything-3-metric-large', width: W, height: H },
    );
    made.push(map);
    using scene = await createScene(map, noise(W, H), { withoutSky: true });
    const z = await scene.readDepth();
    expect([...z].map((value) => value === Infinity)).toEqual([...sky].map((value) => value >= 0.5));
    await expect(sceneOf(() => 1, 'metric', { withoutSky: true })).rejects.toMatchObject({ code: 'OPTION_CONFLICT' });
  });

  it.each<[SceneOptions, Partial<Lens>, focal: number, estimated?: number]>([
    [{ fieldOfView: 90 }, { fieldOfView: 90, source: 'given' }, W / 2],
    [{ focalLength: 2 * W }, { source: 'given' }, W],
    [{}, { source: 'exif' }, W / 4],
    [{}, { source: 'model' }, 7],
    [{ fieldOfView: 90 }, { source: 'given' }, W / 2, 40],
    [{}, { source: 'exif' }, W / 4, 40],
    [{}, { fieldOfView: 40, source: 'model' }, W / 2 / Math.tan(Math.PI / 9), 40],
    [{}, { fieldOfView: 60, source: 'assumed' }, W / 2 / Math.tan(Math.PI / 6), 0],
    [{}, { fieldOfView: 60, source: 'assumed' }, W / 2 / Math.tan(Math.PI / 6), 178],
    [{}, { fieldOfView: 60, source: 'assumed' }, W / 2 / Math.tan(Math.PI / 6)],
  ])('has a lens, %o: %o', async (options, lens, focal, estimated) => {
    const depth = depthBuffer(gpu, new Float32Array(W * H).fill(2), W, 'metric');
    made.push(depth);
    // The picture is twice as large as the map.
    const picture = { ...noise(2 * W, 2 * H), ...(lens.source === 'exif' && { focalLength: W / 2 }) };
    const known = lens.source === 'model' ? { ...depth, focalLength: 7 } : depth;
    const map = estimated === undefined ? known : mapThatSpans(estimated);
    using scene = await createScene(map, picture, options);
    expect(scene.lens).toMatchObject(lens);
    expect(scene.lens.focalLength).toBeCloseTo(focal, 5);
    expect(scene.lens.fieldOfView).toBeCloseTo((360 / Math.PI) * Math.atan(W / 2 / focal), 5);
  });

  it('of a frame has the lens that a model estimates of the first frame of its clip', async () => {
    const frame = { ...noise(W, H), channels: 4, pts: 0, timeBase: { num: 1, den: 30 } } as const;
    const pairOf = (depth: DepthMap, index: number, options: ClipScenes) =>
      stereoOf({ index, frame, depth, values: new Float32Array(W * H) }, 'vr180', options);
    const range = { min: 1, max: 3, low: 1, high: 3 };
    const shared: ClipScenes = { range };
    const first = await pairOf(mapThatSpans(40), 0, shared);
    expect(shared.fieldOfView).toBe(40);
    expect(await pairOf(mapThatSpans(80), 1, shared)).toEqual(first);
    expect(await pairOf(mapThatSpans(80), 1, { range })).not.toEqual(first);
  });

  it('of a later part of a clip has the lens of the first part, also where another process goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'depthwise-parts-'));
    const frame = { ...noise(W, H), channels: 4, pts: 0, timeBase: { num: 1, den: 30 } } as const;
    const making = async () => ({
      clip: { rate: 30 },
      job: { outputs: { picture: join(folder, 'a/times.txt') } },
      command: { frames: 'exr', stereo: 'vr180' },
      encoder: await encoderOptions('h264'),
      reads: await ProtectedFiles.of([]),
      work: await ClipWork.open(join(folder, 'a/times.txt'), 'key', true),
    });
    /** The pair of one frame that is a part of its own. */
    const partOf = async (made: Awaited<ReturnType<typeof making>>, degrees: number) => {
      const state = made.work.state ?? (await made.work.begin({ min: 1, max: 3, low: 1, high: 3 }));
      const part = new OpenPart({ ...made, state } as unknown as Making, state);
      const index = state.parts.length;
      await part.write({ index, frame, depth: mapThatSpans(degrees), values: new Float32Array(W * H).fill(1) });
      await part.end({});
      return readFile(made.work.part(index, STEREO));
    };
    try {
      const once = await making();
      const first = await partOf(once, 40);
      expect(await partOf(once, 80)).toEqual(first);
      expect(await partOf(await making(), 80)).toEqual(first);
      await once.work.remove();
      expect(await partOf(await making(), 80)).not.toEqual(first);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each<[SceneOptions, string]>([
    [{ fieldOfView: 180 }, 'OPTION_VALUE'],
    [{ focalLength: -1 }, 'OPTION_VALUE'],
    [{ fieldOfView: 60, focalLength: 10 }, 'OPTION_CONFLICT'],
    [{ near: 3, far: 2 }, 'OPTION_VALUE'],
    [{ near: NaN }, 'OPTION_VALUE'],
    [{ range: [2, 1] }, 'OPTION_VALUE'],
    [{ step: 0 }, 'OPTION_VALUE'],
    [{ fov: 60 } as SceneOptions, 'OPTION_UNKNOWN'],
  ])('refuses %o as %s', async (options, code) => {
    await expect(sceneOf(() => 2, 'relative-inverse', options)).rejects.toMatchObject({ code });
  });

  it('refuses a buffer that is too small, and use after it is disposed', async () => {
    const depth = depthBuffer(gpu, new Float32Array(W * H), W, 'metric');
    made.push(depth);
    await expect(createScene({ ...depth, height: H + 1 }, noise(W, H))).rejects.toMatchObject({
      code: 'OPTION_VALUE',
      expected: 4 * W * (H + 1),
      actual: 4 * W * H,
    });
    const scene = await sceneOf(() => 2, 'metric');
    scene.dispose();
    scene.dispose();
    await expect(scene.readDepth()).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(createView(scene)).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});

describe('geometry', () => {
  it.each([1, 2])('with a stride of %i is the pixels unprojected, and the triangles between them', async (stride) => {
    const scene = await sceneOf((x, y) => (y === 0 && x === 0 ? NaN : twoPlanes(x, y)), 'metric', { fieldOfView: 70 });
    const geometry = await createGeometry(scene, { stride });
    made.push(geometry);
    const [GW, GH] = [Math.ceil(W / stride), Math.ceil(H / stride)];
    expect(geometry).toMatchObject({ columns: GW, rows: GH, vertexCount: GW * GH });
    const focal = W / 2 / Math.tan((35 * Math.PI) / 180);
    const positions: number[] = [];
    const uvs: number[] = [];
    const colors: number[] = [];
    const { data } = noise(W, H);
    const z: number[] = [];
    for (let gy = 0; gy < GH; gy++) {
      for (let gx = 0; gx < GW; gx++) {
        const x = Math.floor(((gx + 0.5) * W) / GW);
        const y = Math.floor(((gy + 0.5) * H) / GH);
        const out = x === 0 && y === 0;
        z.push(out ? 0 : Math.fround(twoPlanes(x, y)));
        const at = z.at(-1)!;
        const up = -((y + 0.5 - H / 2) / focal) * at;
        positions.push(((x + 0.5 - W / 2) / focal) * at || 0, up || 0, -at || 0);
        uvs.push((x + 0.5) / W, (y + 0.5) / H);
        const from = 4 * (y * W + x);
        colors.push(...(out ? [0, 0, 0, 0] : [...data.slice(from, from + 3), 255]));
      }
    }
    expectNear(new Float32Array(await readBuffer(gpu.device, geometry.positions, 12 * z.length)), positions, 2e-6);
    expectNear(new Float32Array(await readBuffer(gpu.device, geometry.uvs, 8 * z.length)), uvs);
    expect([...new Uint8Array(await readBuffer(gpu.device, geometry.colors, 4 * z.length))]).toEqual(colors);
    const indices: number[] = [];
    for (let y = 0; y < GH - 1; y++) {
      for (let x = 0; x < GW - 1; x++) {
        const a = y * GW + x;
        const corners = [a, a + GW, a + 1, a + GW + 1, a + 1, a + GW];
        for (const triangle of [corners.slice(0, 3), corners.slice(3)]) {
          const around = triangle.map((corner) => z[corner]!);
          const whole = Math.min(...around) > 0 && Math.max(...around) < 1.04 * Math.min(...around);
          indices.push(...(whole ? triangle : [triangle[0]!, triangle[0]!, triangle[0]!]));
        }
      }
    }
    expect([...new Uint32Array(await readBuffer(gpu.device, geometry.indices, 4 * indices.length))]).toEqual(indices);
    const read = await geometry.read();
    const cut = indices.filter((_, i) => indices[i - (i % 3)] === indices[i - (i % 3) + 1]).length;
    expect(cut).toBeGreaterThan(0);
    expect(read.indices.length).toBe(indices.length - cut);
    const dropped = z.filter((each) => each === 0).length;
    expect(read.positions.length).toBe(3 * (z.length - dropped));
    // The first triangle that is left, by its points.
    const first = indices.findIndex((_, i) => i % 3 === 0 && indices[i] !== indices[i + 1]);
    const corner = indices[first]!;
    expect([...read.positions.slice(3 * read.indices[0]!, 3 * read.indices[0]! + 3)]).toEqual(
      positions.slice(3 * corner, 3 * corner + 3).map((value) => expect.closeTo(value, 4)),
    );
  });

  it('can be drawn from and bound, and refuses what does not fit', async () => {
    const scene = await sceneOf(twoPlanes, 'metric');
    using geometry = await createGeometry(scene);
    for (const buffer of [geometry.positions, geometry.uvs, geometry.colors])
      expect(buffer.usage & 32, buffer.label).toBe(32);
    expect(geometry.indices.usage & 16).toBe(16);
    await expect(createGeometry(scene, { stride: 0.5 })).rejects.toMatchObject({ code: 'OPTION_VALUE' });
  });
});

it('has the normals of planes, up to their rounding to bytes', async () => {
  // w = n·(u, v, 1) with u right and v down.
  const n = [0.03, -0.06, 0.3] as const;
  const focal = W / 2 / Math.tan(Math.PI / 6);
  const value = (x: number, y: number) =>
    1 / (n[0] * ((x + 0.5 - W / 2) / focal) + n[1] * ((y + 0.5 - H / 2) / focal) + n[2]);
  const normals = await readNormals(await sceneOf(value, 'metric', { near: 0.1, far: 100, step: 9 }));
  const length = Math.hypot(...n);
  const expected = [-n[0], n[1], n[2]].map((c) => (255 * (c / length + 1)) / 2);
  for (let i = 0; i < W * H; i++)
    for (let c = 0; c < 3; c++) expect(Math.abs(normals.data[4 * i + c]! - expected[c]!)).toBeLessThanOrEqual(0.6);
});

it('makes no GPU object a frame, but for the textures of a canvas', async () => {
  const { device, counts } = countingDevice(gpu.device);
  const depth = depthBuffer(
    gpu,
    Float32Array.from({ length: W * H }, (_, i) => 2 + i / 100),
    W,
    'metric',
  );
  made.push(depth);
  using scene = await createScene({ ...depth, device }, noise(W, H));
  using geometry = await createGeometry(scene);
  using view = await createView(scene);
  using stereo = await createStereo(scene, { layout: 'anaglyph' });
  using focus = await createFocus(scene);
  const target = gpu.device.createTexture({ size: [W, H], format: 'rgba8unorm', usage: 16 });
  const targetView = target.createView();
  counts.clear();
  const encoder = device.createCommandEncoder();
  scene.encode(encoder);
  geometry.encode(encoder);
  view.encode(encoder, targetView, { yaw: 3 });
  stereo.encode(encoder, targetView);
  focus.encode(encoder, targetView);
  device.queue.submit([encoder.finish()]);
  target.destroy();
  expect([...counts].filter(([name]) => /^create(?!CommandEncoder)/.test(name))).toEqual([]);
  expect(counts.get('beginRenderPass')).toBe(2 + 4 + 1 + 1);
});
