import { spawnSync, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { link, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EstimatePlan } from '../../src/runtime/depth_model.js';
import { finiteRange } from '../../src/depth/formats/depth_semantics.js';
import { decodeNpy, encodeNpy } from '../../src/depth/formats/npy.js';
import { readDepthFile } from '../../src/node/depth_file.js';
import { openCheckpoint } from '../../src/weights/fetch/checkpoint.js';
import { decode } from '../../src/weights/format/decode.js';
import { compareStage } from '../../truth/compare_stage.js';
import { checkpointTensors, fixtures, recordedStages } from '../models/fixtures.js';
import { seededCheckpoint, seededInput, seededPicture } from '../../truth/seeded_weights.js';
import { tinyDepthAnything3 } from '../unit/model/tiny_depth_anything_3.js';
import { torchParts, zip, type WrittenTensor } from '../unit/weights/torch_writer.js';
import { runTool, setUpTool } from './tool.js';
// @ts-expect-error plain JavaScript
import { CLI } from '../../tools/setup/bundle.mjs';

/** The built tool in processes of its own, on MiDaS small with seeded weights. */
const MODEL = 'midas-v2.1-small';
let folder: string;

beforeAll(async () => {
  setUpTool();
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  await writeFile(join(folder, 'w.safetensors'), seededCheckpoint(checkpointTensors(MODEL)));
});
afterAll(() => rm(folder, { recursive: true }));

const depthwise = (...args: string[]) => runTool(folder, args);

async function picture(path: string, width: number, height: number): Promise<void> {
  const raw = { width, height, channels: 3 as const };
  await mkdir(join(folder, path, '..'), { recursive: true });
  await sharp(seededPicture(path, height, width), { raw }).toFile(join(folder, path));
}

/** Bytes of the scan lines of an EXR of one channel of floats, and where in them a pixel is. */
const rowsOf = (height: number, width: number) => height * (8 + 4 * width);
const offsetOf = (pixel: number, width: number) => rowsOf(Math.floor(pixel / width), width) + 8 + 4 * (pixel % width);

describe('depthwise', () => {
  it('writes every other file of a picture whose mesh has no triangle, and says so', async () => {
    await picture('line/line.png', 1, 40);
    const wide = ['--exr', '--normals', '--stereo', 'half-sbs', '--view', '5,0', '--ply', '--glb'];
    const { code, stderr } = await depthwise('line/line.png', '-m', 'nano', ...wide);
    expect(stderr).toContain('[EXPORT_EMPTY]');
    expect(code).toBeGreaterThan(0);
    const files = (await readdir(join(folder, 'line'))).sort();
    expect(files.map((name) => name.replace('line-nano', ''))).toEqual(
      ['-half-sbs.jpg', '-normals.png', '-view.png', '.exr', '.ply', '.png', 'line.png'].sort(),
    );
  });

  it('converts a PyTorch file, and takes it as it is, to the same map', async () => {
    const tensors: Record<string, WrittenTensor> = {};
    const checkpoint = await openCheckpoint(seededCheckpoint(checkpointTensors(MODEL)));
    for await (const { entry, bytes } of checkpoint.tensors()) {
      if (entry.dtype === 'F32') tensors[entry.name] = { shape: entry.shape, values: decode(entry, bytes).slice() };
    }
    await writeFile(join(folder, 'w.pt'), zip(torchParts(tensors)));
    await picture('convert.png', 64, 48);
    const converted = await depthwise('convert', 'w.pt', 'converted.safetensors');
    expect(converted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^converted\.safetensors: \d+ tensors/) });
    const maps = [];
    for (const weights of ['w.pt', 'converted.safetensors']) {
      const run = await depthwise('convert.png', '--weights', weights, '--npy', '-o', `from-${weights}`);
      expect(run.code, run.stderr).toBe(0);
      maps.push(await readFile(join(folder, `from-${weights}`, `convert-${MODEL}.npy`)));
    }
    expect(maps[0]).toEqual(maps[1]);
    const weights = await readFile(join(folder, 'w.pt'));
    await symlink('w.pt', join(folder, 'map.png'));
    await link(join(folder, 'w.pt'), join(folder, 'hard.npy'));
    const url = String(pathToFileURL(join(folder, 'w.pt')));
    await writeFile(join(folder, 'in.npy'), encodeNpy(new Float32Array(3 * 32 * 32), [1, 3, 32, 32]));
    for (const args of [
      ['convert', 'w.pt', './w.pt'],
      ['convert', url, 'w.pt'],
      ['convert', 'w.pt', 'hard.npy'],
      ['convert.png', '-m', MODEL, '--weights', 'w.pt', '-o', 'map.png'],
      ['convert.png', '-m', MODEL, '--weights', url, '-o', 'map.png'],
      ['--tensor', 'in.npy', '--out-tensor', 'hard.npy', '-m', MODEL, '--weights', url],
      ['--tensor', 'in.npy', '--out-tensor', './in.npy', '-m', MODEL],
    ]) {
      const { code, stderr } = await depthwise(...args);
      expect(stderr, args.join(' ')).toMatch(/is not written: it is .*\[OUTPUT_COLLISION\]/);
      expect(code).toBeGreaterThan(0);
      expect((await readFile(join(folder, 'w.pt'))).equals(weights)).toBe(true);
    }
  });

  it.skipIf(process.platform === 'win32')('writes no photograph over that a shell opened for it', async () => {
    await picture('std/a.png', 32, 24);
    const path = join(folder, 'std/a.png');
    const before = await readFile(path);
    const opened = (flags: string, args: string[], at: 0 | 1) => {
      const fd = openSync(path, flags);
      const stdio = (['ignore', 'pipe', 'pipe'] as StdioOptions[]).with(at, fd as never) as StdioOptions;
      const { stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, '../..', CLI), ...args], {
        stdio,
      });
      closeSync(fd);
      return { status, stderr: String(stderr) };
    };
    for (const { status, stderr } of [
      opened('r+', [path, '-o', '-'], 1),
      opened('a', [path, '-o', '-'], 1),
      opened('a', [path], 1),
      opened('r', ['-', '-o', path], 0),
    ]) {
      expect(stderr).toContain('[OUTPUT_COLLISION]');
      expect(status).toBe(2);
      expect(await readFile(path)).toEqual(before);
    }
  });

  it('works off a folder: every file, the tree mirrored, what fails reported and exit code 1', async () => {
    await picture('in/a.png', 80, 50);
    await picture('in/deep/b.jpg', 33, 64);
    await writeFile(join(folder, 'in/notes.txt'), 'no picture');
    await writeFile(join(folder, 'in/deep/cut.jpg'), (await readFile(join(folder, 'in/deep/b.jpg'))).subarray(0, 700));
    const run = await depthwise(
      'in',
      '-o',
      'out',
      '-m',
      MODEL,
      '--weights',
      'w.safetensors',
      '--input-size',
      '64',
      '--png16',
      '--pfm',
      '--npy',
      '--json',
    );
    expect(run.code, run.stderr).toBe(1);
    expect(run.stderr).toMatch(
      /in\/deep\/cut\.jpg: cannot be decoded as JPEG.* \[IMAGE_DECODE\]\n[^]*1 of 3 pictures failed/,
    );
    expect(run.stderr).toMatch(/passed over: in\/notes\.txt is not a picture/);

    const names = (stem: string) =>
      ['.json', '.npy', '.pfm', '.png', '-16bit.png'].map((end) => `${stem}-${MODEL}${end}`);
    expect((await readdir(join(folder, 'out'), { recursive: true })).sort()).toEqual(
      ['deep', ...names('a'), ...names('deep/b')].sort(),
    );
    const lines = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      expect.objectContaining({
        input: 'in/a.png',
        width: 80,
        height: 50,
        model: MODEL,
        kind: 'relative-inverse',
        nonFinite: 0,
      }),
      expect.objectContaining({
        input: 'in/deep/b.jpg',
        width: 33,
        height: 64,
        precision: expect.stringMatching(/^f(16|32)$/),
      }),
    ]);

    const { plan } = lines[0] as { plan: EstimatePlan };
    expect(plan.network).toEqual({ width: 64, height: 32 });
    expect(plan.lowerBound).toBeGreaterThan(4 * 3 * 64 * 32);
    expect(plan.activations).toBeGreaterThanOrEqual(plan.lowerBound);
    expect(plan.weights).toBeGreaterThan(2 ** 24);

    const at = (end: string) => join(folder, `out/a-${MODEL}${end}`);
    const { data } = await readDepthFile(at('.npy'));
    const { min, max } = finiteRange(data);
    expect(max - min).toBeGreaterThan(0.01);
    expect(lines[0]).toMatchObject({ min, max });
    expect(await readDepthFile(at('.pfm'))).toEqual({ width: 80, height: 50, data });
    const codes = await readDepthFile(at('-16bit.png'));
    expect(codes.semantics).toEqual(JSON.parse(await readFile(at('.json'), 'utf8')));
    codes.data.forEach((value, i) =>
      expect(Math.abs(value - data[i]!)).toBeLessThanOrEqual(0.51 * codes.semantics!.scale),
    );
    const { channels } = await sharp(at('.png')).stats();
    expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(5);
  });

  it('works off the same folder a second time as it did the first', async () => {
    await picture('again/a.png', 32, 32);
    const run = () =>
      depthwise('again', '-m', MODEL, '--weights', 'w.safetensors', '--input-size', '32', '--png16', '--pfm', '--npy');
    const first = await run();
    expect(first, first.stderr).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: first.stdout });
    expect(stderr).not.toMatch(/passed over/);
    expect(await readdir(join(folder, 'again'))).toHaveLength(6);
  });

  it('writes into the PNG which values its levels span: all, or the middle 96 of 100', async () => {
    await picture('span.png', 96, 64);
    for (const [span, low, high] of [
      ['full', 0, 1],
      ['percentiles', 0.02, 0.98],
    ] as const) {
      const run = await depthwise(
        'span.png',
        '-m',
        'nano',
        '--span',
        span,
        '--npy',
        '--png16',
        '--grayscale',
        '-o',
        span,
      );
      expect(run.code, run.stderr).toBe(0);
      const at = (end: string) => join(folder, span, `span-nano${end}`);
      const { data } = await readDepthFile(at('.npy'));
      const sorted = data.slice().sort();
      const [from, to] = [low, high].map((part) => sorted[Math.round(part * (sorted.length - 1))]!) as [number, number];
      const { comments } = await sharp(at('.png')).metadata();
      const text = comments!.find(({ keyword }) => keyword === 'depthwise')!.text;
      const { scale, offset } = JSON.parse(text) as { scale: number; offset: number };
      // A percentile is known to 1 % of the range.
      const unsure = span === 'full' ? 1e-5 : 0.01 * (sorted.at(-1)! - sorted[0]!);
      if (span === 'percentiles') expect(Math.min(from - sorted[0]!, sorted.at(-1)! - to)).toBeGreaterThan(unsure);
      expect(Math.abs(offset - from)).toBeLessThanOrEqual(unsure);
      expect(Math.abs(offset + 255 * scale - to)).toBeLessThanOrEqual(unsure);
      const levels = await sharp(at('.png')).toColourspace('b-w').raw().toBuffer();
      expect(levels).toHaveLength(data.length);
      data.forEach((value, i) => {
        const shown = Math.min(Math.max(value, offset), offset + 255 * scale);
        expect(Math.abs(offset + scale * levels[i]! - shown)).toBeLessThanOrEqual(scale);
      });
      // Data files hold every value, whatever is drawn.
      const codes = await readDepthFile(at('-16bit.png'));
      expect(codes.semantics).toEqual(JSON.parse(await readFile(at('.json'), 'utf8')));
      expect(codes.semantics!.offset).toBeCloseTo(sorted[0]!, 5);
    }
  });

  it('draws beside the photograph, of one picture, under the name given', async () => {
    await picture('one.png', 40, 30);
    const run = await depthwise(
      'one.png',
      '-o',
      'sub/pair.png',
      '--weights',
      'w.safetensors',
      '--input-size',
      '32',
      '--side',
    );
    expect(run).toMatchObject({ code: 0, stdout: 'sub/pair.png\n' });
    const { data, info } = await sharp(join(folder, 'sub/pair.png')).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 80, height: 30, channels: 3 });
    const left = await sharp(data, { raw: { width: 80, height: 30, channels: 3 } })
      .extract({ left: 0, top: 0, width: 40, height: 30 })
      .raw()
      .toBuffer();
    expect(new Uint8Array(left)).toEqual(seededPicture('one.png', 30, 40));
  });

  it('gives metres by the focal length of EXIF data, and a picture of the sky', async () => {
    await writeFile(join(folder, 'metric.safetensors'), tinyDepthAnything3());
    const raw = { width: 56, height: 42, channels: 3 as const };
    const jpeg = sharp(seededPicture('camera', 42, 56), { raw }).jpeg();
    await writeFile(join(folder, 'bare.jpg'), await jpeg.toBuffer());
    await writeFile(
      join(folder, 'camera.jpg'),
      await jpeg.withExif({ IFD2: { FocalLengthIn35mmFilm: '27' } }).toBuffer(),
    );
    const run = (...args: string[]) =>
      depthwise('-m', 'da3metric-large', '--weights', 'metric.safetensors', '--input-size', '56', ...args);
    const metric = 'depth-anything-3-metric-large';
    expect((await run('bare.jpg')).stderr).toMatch(
      /bare\.jpg: .*focal length.*--focal-length.* \[OPTION_FOCAL_LENGTH\]/,
    );
    const [camera, told] = [
      await run('camera.jpg', '--sky', '--npy', '--exr', '--ply', '--without-sky', '-o', 'camera'),
      await run('bare.jpg', '--focal-length', '42', '--npy', '-o', 'told'),
    ];
    expect(camera.code, camera.stderr).toBe(0);
    expect(told.code, told.stderr).toBe(0);
    // 27 mm on film that is 36 mm wide, of a picture 56 pixels wide.
    const npy = await readFile(join(folder, `camera/camera-${metric}.npy`));
    expect(npy).toEqual(await readFile(join(folder, `told/bare-${metric}.npy`)));
    const semantics = await readFile(join(folder, `camera/camera-${metric}.json`), 'utf8');
    expect(JSON.parse(semantics)).toMatchObject({ kind: 'metric', unit: 'metre' });
    const sky = await sharp(join(folder, `camera/camera-${metric}-sky.png`))
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(sky.info).toMatchObject({ width: 56, height: 42 });
    expect([...new Set(sky.data)].sort()).toEqual([0, 255]);
    // A point, and a distance that is not infinite, for each pixel that is no sky.
    const solid = [...sky.data].filter((value) => value === 0).length;
    const ply = await readFile(join(folder, `camera/camera-${metric}.ply`), 'latin1');
    expect(/element vertex (\d+)/.exec(ply)![1]).toBe(String(solid));
    const exr = await readFile(join(folder, `camera/camera-${metric}.exr`));
    const z = Array.from({ length: 56 * 42 }, (_, i) => exr.readFloatLE(exr.length - rowsOf(42, 56) + offsetOf(i, 56)));
    expect(z.map((value) => (value === Infinity ? 255 : 0))).toEqual([...sky.data]);
  });

  it('runs the bare network on a tensor as the published code does', async () => {
    const name = `${MODEL}-160x96`;
    const fixture = fixtures()[name]!;
    await writeFile(join(folder, 't.npy'), encodeNpy(seededInput(fixture.input, 96, 160), [1, 3, 96, 160]));
    const run = await depthwise(
      '--tensor',
      't.npy',
      '--out-tensor',
      'd.npy',
      '-m',
      MODEL,
      '--weights',
      'w.safetensors',
      '--precision',
      'f32',
    );
    expect(run.code, run.stderr).toBe(0);
    const { shape, data } = decodeNpy(await readFile(join(folder, 'd.npy')));
    expect(shape).toEqual([96, 160]);
    const { max, mean } = compareStage(
      'output',
      fixture.stages['output']!,
      recordedStages(name).get('output')!,
      data as Float32Array,
      shape,
    );
    expect(max).toBeLessThanOrEqual(1e-4);
    expect(mean).toBeLessThanOrEqual(1e-5);
  });

  it('reports its GPU, in words and in JSON', async () => {
    const { code, stdout } = await depthwise('info', '--json');
    const report = JSON.parse(stdout) as {
      adapter: { software: boolean };
      available: unknown[];
      limits: Record<string, number>;
    };
    expect(code).toBe(0);
    expect(report.available.length).toBeGreaterThan(0);
    expect(report.limits['maxBufferSize']).toBeGreaterThan(2 ** 27);
    expect((await depthwise('info')).stdout).toMatch(
      report.adapter.software ? /no GPU here[^]*on the CPU/ : /Models run on this GPU/,
    );
  });

  it('refuses what makes no sense, and writes nothing', async () => {
    const refused = async (code: number, words: RegExp, ...args: string[]) => {
      const run = await depthwise(...args);
      expect(run.stderr).toMatch(words);
      expect(run).toMatchObject({ code, stdout: '' });
    };
    await picture('a.png', 16, 16);
    await refused(2, /Did you mean --weights\? \[OPTION_UNKNOWN\]/, 'a.png', '--weight', 'x');
    await refused(2, /gone\.png: no such file/, 'gone.png');
    await refused(2, /no model "midas"/, 'in/a.png', '-m', 'midas');
    await refused(1, /CC-BY-NC-4\.0[^]*--accept-license/, 'in/a.png', '-m', 'depth-anything-v2-base');
    await refused(1, /No adapter has "no such GPU" in its name\. There is "/, 'info', '--adapter', 'no such GPU');
    await refused(1, /gone\.safetensors: there is no such file/, 'in/a.png', '--weights', 'gone.safetensors');
    await refused(1, /a\.png: [^]*\[ST_/, 'a.png', '--weights', 'a.png');
    await refused(2, /"extra" has no meaning/, 'info', 'extra');
    // Weights that are not there would be the first thing that loading finds.
    for (const place of [
      ['-o', 'a.png/x'],
      ['-o', 'a.png/x/d.png'],
      ['--cache', 'a.png'],
    ]) {
      await refused(2, /a\.png is not a folder\. \[OPTION_VALUE\]/, 'a.png', ...place, '--weights', 'gone.safetensors');
    }
    await refused(
      1,
      /w\.safetensors: this looks like MiDaS v2\.1 small.*not Depth Anything/,
      'in/a.png',
      '-m',
      'depth-anything-v2-small',
      '--weights',
      'w.safetensors',
    );
  });

  it.skipIf(process.platform !== 'linux')(
    'ends without a stack trace when nobody reads its output, or it cannot be written',
    () => {
      const shell = (command: string) => {
        const { stderr } = spawnSync('sh', ['-c', command, process.execPath, join(import.meta.dirname, '../..', CLI)], {
          encoding: 'utf8',
        });
        return stderr;
      };
      expect(shell('{ "$0" "$1" --help; echo "code $?" >&2; } | true')).toBe('code 141\n');
      expect(shell('"$0" "$1" models > /dev/full; echo "code $?" >&2')).toMatch(
        /^depthwise: standard output cannot be written \(ENOSPC[^\n]*\[OUTPUT_WRITE\]\ncode 1\n$/,
      );
      expect(shell('"$0" "$1" gone.jpg 2> /dev/full; echo "code $?" >&2')).toBe('code 1\n');
    },
  );
});
