import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDepthFile } from '../../src/node/depth_file.js';
import { loadDepthModel } from '../../src/node/load.js';
import { joinParts } from '../../src/node/video/join_parts.js';
import { probeClip } from '../../src/node/video/probe.js';
import type { DepthModel, StreamOptions, StreamSource } from '../../src/runtime/depth_model.js';
import {
  canFilm,
  ClipSession,
  colored,
  difference,
  ffmpeg,
  film,
  framesOf,
  makeDepth,
  probe,
  timesOf,
  type Frame,
} from './clips.js';
import { runTool, setUpTool } from './tool.js';

/** Videos through the command line, read by ffprobe and ffmpeg, with nano at its smallest. */
let folder: string;
let model: DepthModel;
beforeAll(async () => {
  if (!canFilm) return;
  folder = await mkdtemp(join(tmpdir(), 'depthwise-clips-'));
  model = await loadDepthModel('nano', { precision: 'f32' });
});
afterAll(async () => {
  model?.dispose();
  if (folder) await rm(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);
const make = (args: readonly string[], session = new ClipSession()) => makeDepth(model, args, session);

/** The model, but for some of what it is. */
function altered(own: object): DepthModel {
  const { info } = model;
  return { info, estimate: model.estimate.bind(model), stream: model.stream.bind(model), ...own } as DepthModel;
}

/** Depth of frames, each by itself. */
async function mapsOf(frames: readonly Frame[]): Promise<Float32Array[]> {
  const maps = [];
  for (const frame of frames) {
    using depth = await model.estimate(frame, { inputSize: 32 });
    maps.push(await depth.read());
  }
  return maps;
}

describe.skipIf(!canFilm)('a video', () => {
  it('has the depth of every frame at its time, in one range, and the sound as it was', async () => {
    film({ sound: true }, '-c:a', 'aac', at('clip.mp4'));
    await writeFile(at('clip-nano.mp4'), 'before', { mode: 0o600 });
    const { frames, range, fault } = await make([at('clip.mp4')]);
    expect({ frames, fault }).toEqual({ frames: 5, fault: undefined });
    const made = at('clip-nano.mp4');
    expect(timesOf(made)).toEqual(timesOf(at('clip.mp4')));
    expect(probe(made, 'stream=codec_name,width,height,pix_fmt')).toEqual(['h264,64,48,yuv420p', 'aac']);
    const sound = (path: string) =>
      probe(path, 'packet=pts_time,data_hash', '-select_streams', 'a', '-show_data_hash', 'MD5');
    expect(sound(made)).toEqual(sound(at('clip.mp4')));
    expect(sound(made).length).toBeGreaterThan(20);

    const maps = await mapsOf(framesOf(at('clip.mp4'), 64, 48));
    expect(range.min).toBe(Math.min(...maps.flatMap((map) => [...map])));
    expect(range.max).toBe(Math.max(...maps.flatMap((map) => [...map])));
    const drawn = framesOf(made, 64, 48);
    drawn.forEach((frame, i) => {
      const expected = { data: colored('inferno', maps[i]!, range), width: 64, height: 48 };
      expect(difference(frame, expected)).toBeLessThan(5);
    });
    expect(await readdir(folder)).toEqual(['clip-nano.mp4', 'clip.mp4']);
    expect((await stat(made)).mode & 0o777).toBe(0o600);
  });

  it('that cannot be written is called by its own name', async () => {
    film({}, at('part.mp4'));
    const joined = { container: 'mp4', timeBase: { num: 1, den: 10 }, clip: await probeClip(at('part.mp4')) } as const;
    const path = at('none/.depthwise-1.part');
    await expect(
      joinParts([{ path: at('part.mp4'), pts: 0 }], {
        ...joined,
        path,
        output: 'a.mp4',
        comment: '',
        list: at('list'),
      }),
    ).rejects.toMatchObject({ code: 'VIDEO_WRITE', source: 'a.mp4', message: expect.stringMatching(/^a\.mp4: /) });
  });

  it('keeps times of a variable rate, and shows the last row and column of odd sides twice', async () => {
    const kept = [0, 7, 11, 43, 44, 90].map((n) => `eq(n\\,${n})`).join('+');
    film(
      { size: '63x47', rate: '100', seconds: 1, format: 'gbrp' },
      '-pix_fmt',
      'yuv444p',
      '-vf',
      `select=${kept}`,
      '-fps_mode',
      'passthrough',
      at('odd.mkv'),
    );
    expect(probe(at('odd.mkv'), 'stream=width,height')).toEqual(['63,47']);
    await make([at('odd.mkv'), '--grayscale', '-o', at('odd.mp4')]);
    expect(timesOf(at('odd.mp4')).map(Number)).toEqual([0, 0.07, 0.11, 0.43, 0.44, 0.9]);
    expect(probe(at('odd.mp4'), 'stream=width,height')).toEqual(['64,48']);
    const [first] = framesOf(at('odd.mp4'), 64, 48) as [Frame];
    const column = (x: number) => Array.from({ length: 47 }, (_, y) => first.data[4 * (64 * y + x)]!);
    const apart = column(62).reduce((sum, level, y) => sum + Math.abs(level - column(63)[y]!), 0) / 47;
    expect(apart).toBeLessThan(8);
  });

  it('is upright where a flag turns it, and 10-bit ones are read', async () => {
    film({}, '-pix_fmt', 'yuv420p10le', at('ten.mp4'));
    ffmpeg('-i', at('ten.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90', at('turned.mp4'));
    expect(probe(at('turned.mp4'), 'stream=width,height,pix_fmt:stream_side_data=rotation').join()).toMatch(
      /^64,48,yuv420p10le,?-?\d*90/,
    );
    await make([at('turned.mp4'), '--side']);
    const made = at('turned-nano.mp4');
    expect(probe(made, 'stream=width,height,pix_fmt')).toEqual(['96,64,yuv420p']);
    const [upright, beside] = [framesOf(at('turned.mp4'), 48, 64), framesOf(made, 96, 64)];
    expect(beside).toHaveLength(5);
    expect(difference(beside[4]!, upright[4]!)).toBeLessThan(12);
    expect(difference(beside[4]!, upright[4]!, 48)).toBeGreaterThan(40);
  });

  it('that was cancelled goes on where it was, to the same values, each in its place', async () => {
    film({}, at('cut.mp4'));
    const args = [at('cut.mp4'), '--frames', 'png16'];
    const whole = await make([...args, '-o', at('whole'), '--steady']);
    const stopped = new ClipSession(3);
    await expect(make([...args, '-o', at('parts'), '--steady'], stopped)).rejects.toMatchObject({ name: 'AbortError' });
    expect(stopped.notes).toEqual([expect.stringMatching(/what is done is kept/)]);
    const names = [1, 2, 3, 4].map((n) => `00000${n}.png`);
    expect((await readdir(at('parts/cut-nano'))).filter((name) => !name.startsWith('.'))).toEqual(names);
    const again = new ClipSession();
    expect(await make([...args, '-o', at('parts'), '--steady'], again)).toEqual(whole);
    expect(again.notes).toEqual([expect.stringMatching(/goes on after frame 4/)]);
    const files = await readdir(at('whole/cut-nano'));
    expect(await readdir(at('parts/cut-nano'))).toEqual(files);
    for (const name of files) {
      const read = (run: string) => readFile(at(`${run}/cut-nano/${name}`));
      expect((await read('parts')).equals(await read('whole')), name).toBe(true);
    }
    expect(await readFile(at('whole/cut-nano/timestamps.txt'), 'utf8')).toBe(
      '# timestamp format v2\n0\n100\n200\n300\n400\n',
    );

    await make([...args, '-o', at('raw')]);
    const maps = await mapsOf(framesOf(at('cut.mp4'), 64, 48));
    const scales = new Set<number>();
    for (const [i, map] of maps.entries()) {
      const { data, semantics } = await readDepthFile(at(`raw/cut-nano/00000${i + 1}.png`));
      scales.add(semantics!.scale);
      expect(Math.max(...map.map((value, p) => Math.abs(value - data[p]!)))).toBeLessThan(semantics!.scale);
    }
    expect(scales.size).toBe(1);
  });

  it.each([
    ['PQ', 'smpte2084'],
    ['HLG', 'arib-std-b67'],
  ])('in HDR is seen in the light of SDR, or refused in words: %s', async (name, transfer) => {
    // The same picture in both: white paper at 203 cd/m².
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=5:duration=0.2'];
    const as709 = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv444p10le,setparams=range=tv:color_trc=bt709';
    const inLight = `${as709}:color_primaries=bt709:colorspace=bt709,zscale=t=linear:npl=203,format=gbrpf32le`;
    const coded = `zscale=p=bt2020,zscale=t=${transfer}:m=bt2020nc:r=tv:npl=203,format=yuv444p10le`;
    const tags = ['-color_trc', transfer, '-color_primaries', 'bt2020', '-colorspace', 'bt2020nc'];
    const libx265 = ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-crf', '4'];
    ffmpeg(...picture, '-vf', `${inLight},${coded}`, ...libx265, ...tags, at(`${name}.mp4`));
    await make([at(`${name}.mp4`), '--side']);
    const [made] = framesOf(at(`${name}-nano.mp4`), 128, 48) as [Frame];
    const raw = ffmpeg(...picture, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgba', '-');
    const sdr = { data: new Uint8Array(raw), width: 64, height: 48 };
    const [asIs] = framesOf(at(`${name}.mp4`), 64, 48) as [Frame];
    // What is bright is pressed together, and edges lose colour to 4:2:0.
    expect(difference(made, sdr)).toBeLessThan(0.6 * difference(asIs, sdr));
    await mkdir(at('lacking'), { recursive: true });
    const lacking = '#!/bin/sh\ncase "$*" in *-filters*) /usr/bin/env -i PATH="$REAL" ffmpeg "$@" | grep -v zscale;;';
    const script = `${lacking} *) PATH="$REAL" exec ffmpeg "$@";; esac\n`;
    await writeFile(at('lacking/ffmpeg'), script, { mode: 0o755 });
    setUpTool();
    const real = process.env['PATH'] ?? '';
    const args = [`${name}.mp4`, '-m', 'nano', '--input-size', '32', '-o', 'refused.mp4'];
    const refused = await runTool(folder, args, { PATH: `${at('lacking')}:${real}`, REAL: real });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`${name}.mp4: is HDR (${name}), and this ffmpeg lacks zscale. Install`);
    for (const file of [`${name}.mp4`, `${name}-nano.mp4`, 'lacking']) await rm(at(file), { recursive: true });
  });

  it('comes out of a pipe, goes on after it was stopped, and leaves nothing in the folder for such', async () => {
    setUpTool();
    film({ sound: true }, '-c:a', 'aac', at('piped.mp4'));
    await mkdir(at('tmp'));
    const env = { TMPDIR: at('tmp') };
    const args = ['-m', 'nano', '--input-size', '32'];
    const input = await readFile(at('piped.mp4'));
    const done = await runTool(folder, ['-', ...args, '-o', 'out.mp4'], env, input);
    expect(done).toMatchObject({ code: 0, stdout: 'out.mp4\n' });
    expect(timesOf(at('out.mp4'))).toEqual(timesOf(at('piped.mp4')));
    expect(probe(at('out.mp4'), 'stream=codec_name')).toEqual(['h264', 'aac']);
    const cut = await runTool(folder, ['-', ...args, '-o', 'cut.mp4'], env, input.subarray(0, 600));
    expect(cut).toMatchObject({ code: 1, stdout: '' });
    expect(cut.stderr).toMatch(/^depthwise: -: cannot be read \(.+\)\. \[VIDEO_READ\]$/m);
    expect(await readdir(at('tmp'))).toEqual([]);

    // Each time it is another file, of the same bytes.
    const stopped = new ClipSession(2);
    await copyFile(at('piped.mp4'), at('tmp/0'));
    const piped = (name: string) => ({ file: at(`tmp/${name}`), digest: 'same' });
    await expect(makeDepth(model, [at('piped.mp4')], stopped, piped('0'))).rejects.toMatchObject({
      name: 'AbortError',
    });
    await rename(at('tmp/0'), at('tmp/1'));
    await utimes(at('tmp/1'), 1, 1);
    const again = new ClipSession();
    expect(await makeDepth(model, [at('piped.mp4')], again, piped('1'))).toMatchObject({ frames: 5 });
    expect(again.notes).toEqual([expect.stringMatching(/goes on after frame 3/)]);
    for (const file of ['piped.mp4', 'piped-nano.mp4', 'out.mp4', 'tmp']) await rm(at(file), { recursive: true });
  });

  it('of which nothing could be done leaves nothing', async () => {
    film({}, at('fails.mp4'));
    const fails = () => Promise.reject(new Error('no depth'));
    const failing = altered({ stream: () => ({ next: fails, return: () => Promise.resolve() }) });
    await expect(makeDepth(failing, [at('fails.mp4')], new ClipSession())).rejects.toThrow('no depth');
    expect((await readdir(folder)).filter((name) => name.includes('fails'))).toEqual(['fails.mp4']);
  });

  it('is begun again where the model remembers frames, and other frames leave no sign of a whole folder', async () => {
    film({}, at('begun.mp4'));
    const args = [at('begun.mp4'), '-o', at('begun'), '--frames'];
    const streamed: StreamOptions[] = [];
    const remembering = altered({
      info: { ...model.info, name: 'video-depth-anything-small' },
      stream: (source: StreamSource, { windows, ...options }: StreamOptions) => {
        streamed.push({ windows: windows === true });
        return model.stream(source, options);
      },
    });
    const run = (frames: string, session: ClipSession) => makeDepth(remembering, [...args, frames], session);
    await run('png16', new ClipSession());
    const frames = at('begun/begun-video-depth-anything-small');
    expect(await readdir(frames)).toContain('timestamps.txt');
    const stopped = new ClipSession(2);
    await expect(run('exr', stopped)).rejects.toMatchObject({ name: 'AbortError' });
    expect(stopped.notes).toEqual([expect.stringMatching(/begins again/)]);
    expect(await readdir(frames)).not.toContain('timestamps.txt');
    const again = new ClipSession();
    expect(await run('exr', again)).toMatchObject({ frames: 5 });
    expect(again.notes).toEqual([]);
    expect(streamed).toEqual([{ windows: true }, { windows: true }, { windows: true }]);
  });

  it('cut short is done as far as it goes, and without ffmpeg none is: it is said, with exit code 1', async () => {
    setUpTool();
    film({ sound: true }, '-bf', '0', '-movflags', '+faststart', at('sound.mp4'));
    await mkdir(at('in'));
    const bytes = await readFile(at('sound.mp4'));
    await writeFile(at('in/a.mp4'), bytes.subarray(0, bytes.length * 0.5));
    await writeFile(at('head.mp4'), bytes.subarray(0, 600));
    await expect(make([at('head.mp4')])).rejects.toMatchObject({
      code: 'VIDEO_READ',
      message: expect.stringMatching(/head\.mp4: cannot be read \(.+\)\.$/),
    });
    await copyFile(join(import.meta.dirname, '../fixtures/nano/room.png'), at('in/c.png'));
    const args = ['in', '-m', 'nano', '--input-size', '32', '--size', 'network'];
    const { code, stdout, stderr } = await runTool(folder, args);
    expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: 'in/a-nano.mp4\nin/c-nano.png\n' });
    expect(stderr).toMatch(/in\/a\.mp4: is damaged or cut short: \d frames could be read \(.*partial file\)/);
    const done = timesOf(at('in/a-nano.mp4'));
    expect(done.length).toBeGreaterThan(0);
    expect(done).toEqual(timesOf(at('sound.mp4')).slice(0, done.length));

    const lone = await runTool(folder, ['sound.mp4', '-m', 'nano'], { PATH: at('in') });
    expect(lone).toMatchObject({ code: 1, stdout: '' });
    expect(lone.stderr).toMatch(/^depthwise: Videos need ffmpeg 5\.1 or newer.* Install it: .*\[VIDEO_TOOL\]\n$/);
  });
});
