import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeNpy } from '../../src/depth/formats/npy.js';
import {
  createGeometry,
  createScene,
  createView,
  eyeCamera,
  readNormals,
  type DepthScene,
  type Rendered,
} from '../../src/views/index.js';
import { testGpu } from '../gpu.js';
import { colour, depthBuffer, dubois, pixels } from '../views/fixtures.js';
import { runTool, setUpTool } from './tool.js';

/** Files of the picture in 3-D that the tool writes, beside what the library makes of the map that it wrote. */
const [W, H] = [256, 192];
const MORE = ['--npy', '--view', '5,-2,1.2', '--normals', '--exr', '--ply', '--glb'];
const at = (name: string) => join(folder, name);
let folder: string;
let picture: Rendered;
let scene: DepthScene;
let left: Rendered;
let right: Rendered;
const made: { dispose?(): void; destroy?(): void }[] = [];

beforeAll(async () => {
  setUpTool();
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  await copyFile(join(import.meta.dirname, '../fixtures/nano/street.png'), at('a.png'));
  await tool('sbs', ...MORE);
  picture = await pixels(at('a.png'));
  const { data } = decodeNpy(await readFile(at('a-nano.npy')));
  const depth = depthBuffer(await testGpu(), Float32Array.from(data), W, 'relative-inverse');
  scene = await createScene(depth, picture);
  made.push(scene, depth);
  using view = await createView(scene);
  left = await view.read(eyeCamera(scene, 'left'));
  right = await view.read(eyeCamera(scene, 'right'));
});
afterAll(async () => {
  made.forEach((each) => (each.dispose ?? each.destroy)!.call(each));
  await rm(folder, { recursive: true });
});

async function tool(layout: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await runTool(folder, ['a.png', '-m', 'nano', '--stereo', layout, ...args]);
  expect(code, stderr).toBe(0);
}

type At = (x: number, y: number) => readonly number[] | undefined;

/** PSNR in dB of the pixels that a formula has. */
function psnr(found: Rendered, expected: At): number {
  let [sum, count] = [0, 0];
  for (let y = 0; y < found.height; y++)
    for (let x = 0; x < found.width; x++) {
      const wanted = expected(x, y);
      if (!wanted) continue;
      const have = colour(found, x, y);
      for (let c = 0; c < 3; c++) sum += (have[c]! - wanted[c]!) ** 2;
      count += 3;
    }
  return 10 * Math.log10((255 * 255 * count) / sum);
}

/** A pair that is a JPEG is near what was drawn, and far from its eyes exchanged. */
function expectPair(found: Rendered, [width, height]: [number, number], of: (l: Rendered, r: Rendered) => At): void {
  expect([found.width, found.height]).toEqual([width, height]);
  const [near, exchanged] = [psnr(found, of(left, right)), psnr(found, of(right, left))];
  console.log(`${near.toFixed(1)} dB, eyes exchanged ${exchanged.toFixed(1)} dB`);
  expect(near).toBeGreaterThan(36);
  expect(exchanged).toBeLessThan(near - 8);
}

const mean = (a: readonly number[], b: readonly number[]) => a.map((value, c) => (value + b[c]!) / 2);

describe('--stereo', () => {
  it('sbs has the left eye on the left', async () => {
    expectPair(await pixels(at('a-nano-sbs.jpg')), [2 * W, H], (l, r) => (x, y) => colour(x < W ? l : r, x % W, y));
  });

  it('half-sbs has each eye in half its width', async () => {
    await tool('half-sbs');
    expectPair(await pixels(at('a-nano-half-sbs.jpg')), [W, H], (l, r) => (x, y) => {
      const [eye, from] = [x < W / 2 ? l : r, 2 * (x % (W / 2))];
      return mean(colour(eye, from, y), colour(eye, from + 1, y));
    });
  });

  it('tb has the left eye above', async () => {
    await tool('tb');
    expectPair(await pixels(at('a-nano-tb.jpg')), [W, 2 * H], (l, r) => (x, y) => colour(y < H ? l : r, x, y % H));
  });

  it('anaglyph has the left eye in its red, by the matrices of Dubois, and loses nothing', async () => {
    await tool('anaglyph');
    const found = await pixels(at('a-nano-anaglyph.png'));
    expect([found.width, found.height]).toEqual([W, H]);
    let worst = 0;
    for (let y = 0; y < H; y++)
      for (let x = 0; x < W; x++) {
        const expected = dubois(colour(left, x, y), colour(right, x, y));
        worst = Math.max(worst, ...colour(found, x, y).map((value, c) => Math.abs(value - expected[c]!)));
      }
    expect(worst).toBeLessThan(1.1);
  });

  it('vr180 has each eye in the middle of a square, at its own angles, and black around', async () => {
    await tool('vr180');
    const found = await pixels(at('a-nano-vr180.jpg'));
    const { focalLength } = scene.lens;
    const side = 2 * Math.ceil(Math.round(Math.PI * focalLength) / 2);
    /** Where in the picture of an eye a pixel looks. */
    const place = (x: number, y: number) => {
      const [longitude, latitude] = [x % side, y].map((a) => ((a + 0.5) / side - 0.5) * Math.PI) as [number, number];
      const u = focalLength * Math.tan(longitude) + W / 2 - 0.5;
      return [u, (focalLength * Math.tan(latitude)) / Math.cos(longitude) + H / 2 - 0.5] as const;
    };
    expectPair(found, [2 * side, side], (l, r) => (x, y) => {
      const [u, v] = place(x, y);
      const [x0, y0] = [Math.floor(u), Math.floor(v)];
      if (x0 < 0 || y0 < 0 || x0 > W - 2 || y0 > H - 2) return undefined;
      const eye = x < side ? l : r;
      const row = (from: number) => {
        const [a, b] = [colour(eye, x0, from), colour(eye, x0 + 1, from)];
        return a.map((value, c) => value + (u - x0) * (b[c]! - value));
      };
      const [above, below] = [row(y0), row(y0 + 1)];
      return above.map((value, c) => value + (v - y0) * (below[c]! - value));
    });
    // Away from the blocks of the JPEG that the picture reaches into.
    let [brightest, outside] = [0, 0];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < 2 * side; x++) {
        const [u, v] = place(x, y);
        if (u >= -16 && v >= -16 && u <= W + 16 && v <= H + 16) continue;
        brightest = Math.max(brightest, ...colour(found, x, y));
        outside++;
      }
    expect(brightest).toBeLessThan(4);
    expect(outside).toBeGreaterThan(side * side);
  });
});

describe('other files of the picture in 3-D', () => {
  it('--view is what the library draws from there', async () => {
    using view = await createView(scene);
    const drawn = await view.read({ yaw: 5, pitch: -2, zoom: 1.2 });
    const found = await pixels(at('a-nano-view.png'));
    expect([found.width, found.height]).toEqual([W, H]);
    expect(psnr(found, (x, y) => colour(drawn, x, y))).toBeGreaterThan(60);
    expect(psnr(found, (x, y) => colour(picture, x, y))).toBeLessThan(30);
  });

  it('--normals are those of the scene', async () => {
    const [found, normals] = [await pixels(at('a-nano-normals.png')), await readNormals(scene)];
    expect([found.width, found.height]).toEqual([W, H]);
    expect(psnr(found, (x, y) => colour(normals, x, y))).toBeGreaterThan(60);
    // They are of length 1, but for their 8 bits, and look at the camera.
    const [nx, ny, nz] = colour(found, W / 2, H - 8).map((code) => code / 127.5 - 1) as [number, number, number];
    expect(Math.hypot(nx, ny, nz)).toBeCloseTo(1, 1);
    expect(nz).toBeGreaterThan(0);
  });

  it('--exr is the depth of the scene, value for value, with its ends', async () => {
    const file = await readFile(at('a-nano.exr'));
    const z = await scene.readDepth();
    const text = file.toString('latin1', 0, 600);
    expect(text).toContain('channels\0chlist\0\x13\0\0\0Z\0\x02\0\0\0');
    expect(text).toContain('unit\0string\0\x04\0\0\0none');
    expect(text).toContain('near\0string\0\x01\0\0\x001');
    expect(text).toContain('far\0string\0\x01\0\0\x008');
    const row = 8 + 4 * W;
    const start = file.length - row * H;
    const found = Array.from({ length: W * H }, (_, i) =>
      file.readFloatLE(start + row * Math.floor(i / W) + 8 + 4 * (i % W)),
    );
    expect(Math.max(...found.map((value, i) => Math.abs(value / z[i]! - 1)))).toBeLessThan(1e-6);
    expect([Math.min(...found), Math.max(...found)]).toEqual([1, 8]);
  });

  it('--ply and --glb are the points and triangles of the scene', async () => {
    using geometry = await createGeometry(scene);
    const { positions, indices } = await geometry.read();
    const ply = await readFile(at('a-nano.ply'));
    expect(/element vertex (\d+)/.exec(ply.toString('latin1'))![1]).toBe(String(positions.length / 3));
    const start = ply.indexOf('end_header\n') + 11;
    for (const point of [0, 5000, W * H - 1])
      for (let c = 0; c < 3; c++)
        expect(ply.readFloatLE(start + 15 * point + 4 * c)).toBeCloseTo(positions[3 * point + c]!, 5);
    const { NodeIO } = await import('@gltf-transform/core');
    const { KHRMaterialsUnlit } = await import('@gltf-transform/extensions');
    const glb = new Uint8Array(await readFile(at('a-nano.glb')));
    const document = await new NodeIO().registerExtensions([KHRMaterialsUnlit]).readBinary(glb);
    const primitive = document.getRoot().listMeshes()[0]!.listPrimitives()[0]!;
    expect(primitive.getIndices()!.getCount()).toBe(indices.length);
  });
});
