import { execFile, execFileSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../src/node/load.js';
import type { DepthModel } from '../../src/runtime/depth_model.js';
import { growth, show, type Memory } from '../e2e/child.js';
import { canFilm, ClipSession, film, makeDepth, probe, timesOf } from '../e2e/clips.js';
import { setUpTool } from '../e2e/tool.js';
import { ROOT } from '../e2e/chromium.js';

/** What of videos takes too long for every change: other codecs, long clips, processes that are ended. */
let folder: string;
let model: DepthModel;
beforeAll(async () => {
  if (!canFilm) return;
  setUpTool();
  folder = await mkdtemp(join(tmpdir(), 'depthwise-clips-'));
  model = await loadDepthModel('nano', { precision: 'f32' });
});
afterAll(async () => {
  model?.dispose();
  if (folder) await rm(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);

/** The built tool on a video, until it ends or a file is there and a signal ends it. */
async function runTool(args: readonly string[], until?: { file: string; signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL' }) {
  let child: ChildProcess | undefined;
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) => {
    child = execFile(process.execPath, [join(ROOT, 'dist/node/cli.js'), ...args], { cwd: folder }, (_, _out, stderr) =>
      resolve({ code: child!.exitCode, signal: child!.signalCode, stderr }),
    );
  });
  while (until && !existsSync(at(until.file))) await pause(20);
  if (until) child!.kill(until.signal);
  return ended;
}

describe.skipIf(!canFilm)('a video', () => {
  it.each([
    ['vp9', 'webm', 'vp9', 'opus'],
    ['av1', 'mp4', 'av1', 'aac'],
    ['h264', 'mkv', 'h264', 'aac'],
  ])(
    'is written in %s, with a stereo pair and its sound, each frame at its time',
    async (codec, ending, video, sound) => {
      film({ size: '96x64', sound: true }, '-c:a', 'aac', at('codec.mp4'));
      const args = [at('codec.mp4'), '--codec', codec, '--stereo', 'half-sbs', '-o', at(`${codec}.${ending}`)];
      await makeDepth(model, args, new ClipSession());
      for (const name of [`${codec}.${ending}`, `${codec}-half-sbs.${ending}`]) {
        expect(probe(at(name), 'stream=codec_name,width,height')).toEqual([`${video},96,64`, sound]);
        const times = timesOf(at(name)).map(Number);
        // Matroska has no times before 0, so all of it is later by what the encoder of sound begins earlier.
        timesOf(at('codec.mp4')).forEach((time, i) => expect(times[i]! - times[0]!).toBeCloseTo(Number(time), 6));
      }
    },
  );

  it('becomes EXR files that have near and far in common', async () => {
    film({}, at('exr.mp4'));
    await makeDepth(model, [at('exr.mp4'), '--frames', 'exr'], new ClipSession());
    const names = (await readdir(at('exr-nano'))).filter((name) => name.endsWith('.exr'));
    expect(names).toHaveLength(5);
    for (const name of names) {
      const file = await readFile(at(`exr-nano/${name}`));
      expect(file.readUInt32LE(0)).toBe(0x01312f76);
      expect(file.toString('latin1', 0, 600)).toMatch(/near\0string\0\x01\0\0\x001[^]*far\0string\0\x01\0\0\x008/);
      const rows = file.length - 48 * (8 + 4 * 64);
      const values = Array.from({ length: 48 * 64 }, (_, i) =>
        file.readFloatLE(rows + Math.floor(i / 64) * (8 + 4 * 64) + 8 + 4 * (i % 64)),
      );
      expect(Math.min(...values)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...values)).toBeLessThanOrEqual(8.001);
    }
  });

  it('whose process is ended leaves no file of its name and no ffmpeg, and goes on where it was', async () => {
    film({ rate: '30', seconds: 10, sound: true }, '-g', '60', at('long.mp4'));
    const args = ['long.mp4', '-m', 'nano', '--input-size', '32', '--steady'];
    const work = '.depthwise-long-nano.mp4';
    const interrupted = await runTool(args, { file: `${work}/000000-depth.mp4`, signal: 'SIGINT' });
    expect(interrupted).toMatchObject({ code: 130, stderr: expect.stringMatching(/the same command goes on/) });
    expect(existsSync(at('long-nano.mp4'))).toBe(false);
    const ended = await runTool(args, { file: `${work}/000001-depth.mp4`, signal: 'SIGTERM' });
    expect(ended).toMatchObject({ code: 143, stderr: expect.stringMatching(/the same command goes on/) });
    const killed = await runTool(args, { file: `${work}/000002-depth.mp4`, signal: 'SIGKILL' });
    expect(killed.signal).toBe('SIGKILL');
    expect(existsSync(at('long-nano.mp4'))).toBe(false);
    // What it had begun ends by itself, as nothing comes any more.
    for (let left = 100; left > 0 && ffmpegs() > 0; left--) await pause(100);
    expect(ffmpegs()).toBe(0);
    const { code, stderr } = await runTool(args);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/goes on after frame \d+/);
    expect(timesOf(at('long-nano.mp4'))).toEqual(timesOf(at('long.mp4')));
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('takes as much memory at its end as at its beginning', async () => {
    film({ rate: '30', seconds: 80 }, '-g', '50', at('flat.mp4'));
    const memory: Memory[] = [];
    class Watching extends ClipSession {
      override showProgress(_label: string, done: number): void {
        if (done % 20 > 0) return;
        globalThis.gc?.();
        const { heapUsed, rss } = process.memoryUsage();
        memory.push([heapUsed / 2 ** 20, rss / 2 ** 20]);
      }
    }
    const { frames } = await makeDepth(model, [at('flat.mp4'), '--side'], new Watching());
    expect(frames).toBe(2400);
    const [heap, all] = growth(memory, memory.length / 2);
    console.log(`2,400 frames: ${show(memory.at(-1)!)}; in 2,000 frames more ${show([heap, all])}`);
    expect(heap).toBeLessThan(2);
    expect(all).toBeLessThan(20);
  });
});

/** Processes of ffmpeg that write into the folder of these tests. */
function ffmpegs(): number {
  const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return list.filter((line) => line.startsWith('ffmpeg') && line.includes('.depthwise-long-nano')).length;
}
