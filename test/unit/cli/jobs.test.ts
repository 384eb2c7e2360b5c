import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseArguments, type EstimateCommand, type EvaluateCommand } from '../../../src/cli/arguments.js';
import { allThere, estimatePictures } from '../../../src/cli/estimate.js';
import { evaluateModel } from '../../../src/cli/evaluate.js';
import { planJobs, type JobOptions } from '../../../src/cli/jobs.js';
import { Session } from '../../../src/cli/session.js';
import { encodePng } from '../../../src/depth/formats/png.js';

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
/** Names of videos and what they begin with. */
const CLIPS = [
  ['b.mp4', '\0\0\0\x18ftypisom\0\0\0\0'],
  ['c.webm', '\x1a\x45\xdf\xa3'],
  ['d.mov', '\0\0\0\x08wide'],
  ['d.ts', `G${'\0'.repeat(187)}G`],
  ['e.avi', 'RIFF\0\0\0\0AVI LIST'],
  ['raw.cr3', '\0\0\0\x18ftypcrx \0\0\0\0'],
  ['sound.m4a', '\0\0\0\x18ftypM4A \0\0\0\0'],
] as const;
let root: string;
let home: string;
beforeEach(async () => {
  home = process.cwd();
  root = await realpath(await mkdtemp(join(tmpdir(), 'depthwise-')));
  process.chdir(root);
});
afterEach(async () => {
  process.chdir(home);
  await rm(root, { recursive: true });
});

/** Writes files whose folders come into being; names in `texts` hold no picture. */
async function files(pictures: string[], texts: string[] = []): Promise<void> {
  for (const path of [...pictures, ...texts]) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), pictures.includes(path) ? JPEG : 'text');
  }
}

async function plan(inputs: string[], options: Partial<JobOptions> = {}) {
  const { jobs, skipped } = await planJobs(inputs, { model: 'm', png16: false, pfm: false, npy: false, ...options });
  return {
    jobs: jobs.map(({ input, outputs }) => [input, outputs.picture]),
    skipped: skipped.map(({ path, reason }) => `${path} ${reason}`),
    full: jobs,
  };
}

const fails = (promise: Promise<unknown>, code: string, words: RegExp) =>
  expect(promise).rejects.toEqual(
    expect.objectContaining({ name: 'UsageError', code, message: expect.stringMatching(words) }),
  );

describe('planJobs', () => {
  it('writes beside the picture, named after it and the model', async () => {
    await files(['photo.jpg', 'deep/b.c.jpeg']);
    expect((await plan(['photo.jpg', 'deep'])).jobs).toEqual([
      ['photo.jpg', 'photo-m.png'],
      ['deep/b.c.jpeg', 'deep/b.c-m.png'],
    ]);
  });

  it('repeats the tree of a folder in the output folder', async () => {
    await files(['in/b.jpg', 'in/x/a.jpg', 'in/x/y/a.jpg', 'lone.jpg']);
    expect((await plan(['in', 'lone.jpg'], { output: 'out' })).jobs).toEqual([
      ['in/b.jpg', 'out/b-m.png'],
      ['in/x/a.jpg', 'out/x/a-m.png'],
      ['in/x/y/a.jpg', 'out/x/y/a-m.png'],
      ['lone.jpg', 'out/lone-m.png'],
    ]);
  });

  it('names the data files asked for, and one JSON for them', async () => {
    await files(['a.jpg']);
    expect((await plan(['a.jpg'])).full[0]!.outputs).toEqual({ picture: 'a-m.png' });
    expect((await plan(['a.jpg'], { pfm: true })).full[0]!.outputs).toEqual({
      picture: 'a-m.png',
      pfm: 'a-m.pfm',
      semantics: 'a-m.json',
    });
    expect((await plan(['a.jpg'], { png16: true, npy: true })).full[0]!.outputs).toEqual({
      picture: 'a-m.png',
      png16: 'a-m-16bit.png',
      npy: 'a-m.npy',
      semantics: 'a-m.json',
    });
  });

  it('takes a .png as the name for a single picture', async () => {
    await files(['a.jpg', 'b.jpg']);
    expect((await plan(['a.jpg'], { output: 'sub/depth.png', npy: true })).full[0]!.outputs).toEqual({
      picture: 'sub/depth.png',
      npy: 'sub/depth.npy',
      semantics: 'sub/depth.json',
    });
    await fails(
      plan(['a.jpg', 'b.jpg'], { output: 'depth.png' }),
      'OPTION_VALUE',
      /one file, and there are 2 pictures/,
    );
    await fails(plan(['a.jpg'], { output: 'depth.jpg' }), 'OPTION_VALUE', /neither a folder nor a \.png/);
    await files([], ['taken']);
    await fails(plan(['a.jpg'], { output: 'taken' }), 'OPTION_VALUE', /neither a folder/);
    for (const output of ['taken/x', 'taken/x/depth.png'])
      await fails(plan(['a.jpg'], { output }), 'OPTION_VALUE', /taken is not a folder/);
  });

  it('writes the very name given', async () => {
    await files(['a.jpg']);
    expect((await plan(['a.jpg'], { output: 'depth.PNG', png16: true })).full[0]!.outputs).toEqual({
      picture: 'depth.PNG',
      png16: 'depth-16bit.png',
      semantics: 'depth.json',
    });
  });

  it('passes over what is no picture, saying why, and over hidden files in silence', async () => {
    await files(['in/a.jpg', 'in/.hidden.jpg', 'in/.git/b.jpg'], ['in/notes.jpg', 'in/read.me', 'in/.DS_Store']);
    await writeFile(join(root, 'in/z.jxl'), '\0\0\0\x0cJXL ');
    const { jobs, skipped } = await plan(['in']);
    expect(jobs).toEqual([['in/a.jpg', 'in/a-m.png']]);
    expect(skipped).toEqual([
      'in/notes.jpg is not a picture',
      'in/read.me is not a picture',
      expect.stringMatching(/^in\/z\.jxl is a JPEG XL picture.*convert/),
    ]);
    expect((await plan(['in/read.me'])).skipped).toEqual(['in/read.me is not a picture']);
  });

  it('does not take its own results for photographs, unless named', async () => {
    await files(['in/a.jpg']);
    const pixel = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } as const;
    await writeFile(join(root, 'in/a-other.png'), await encodePng(pixel, { depthwise: '{}' }));
    await writeFile(join(root, 'in/plain.png'), await encodePng(pixel));
    expect(await plan(['in'])).toMatchObject({
      jobs: [
        ['in/a.jpg', 'in/a-m.png'],
        ['in/plain.png', 'in/plain-m.png'],
      ],
      skipped: [],
    });
    expect((await plan(['in/a-other.png'])).jobs).toEqual([['in/a-other.png', 'in/a-other-m.png']]);
  });

  it('names the depth of videos, told by their content, after them; frames go into a folder', async () => {
    await files(['in/a.jpg']);
    for (const [name, head] of CLIPS) await writeFile(join(root, 'in', name), Buffer.from(head, 'latin1'));
    const named = async (options: Partial<JobOptions>) =>
      (await plan(['in'], options)).full.filter(({ clip }) => clip).map(({ outputs }) => Object.values(outputs).join());
    const stems = ['b', 'c', 'd-mov', 'd-ts', 'e'];
    expect(await named({})).toEqual(stems.map((stem) => `in/${stem}-m.mp4`));
    expect(await named({ codec: 'vp9', stereo: 'sbs' })).toEqual(
      stems.map((stem) => `in/${stem}-m.webm,in/${stem}-m-sbs.webm`),
    );
    expect(await named({ frames: 'exr', output: 'out' })).toEqual(stems.map((stem) => `out/${stem}-m/timestamps.txt`));
    expect((await plan(['in'])).skipped).toEqual(['in/raw.cr3 is not a picture', 'in/sound.m4a is not a picture']);
  });

  it('takes the file of a single video, and refuses what cannot hold it', async () => {
    await files(['a.jpg']);
    await writeFile(join(root, 'b.mkv'), '\x1a\x45\xdf\xa3', 'latin1');
    const file = (output: string, options: Partial<JobOptions> = {}) => plan(['b.mkv'], { output, ...options });
    expect((await file('x/depth.mkv', { stereo: 'tb' })).full[0]!.outputs).toEqual({
      picture: 'x/depth.mkv',
      stereo: 'x/depth-tb.mkv',
    });
    await fails(file('depth.webm'), 'OPTION_VALUE', /cannot hold a video in h264/);
    await fails(file('depth.png', { codec: 'av1' }), 'OPTION_VALUE', /cannot hold a video in av1/);
    await fails(file('depth.mp4', { frames: 'exr' }), 'OPTION_VALUE', /cannot hold frames/);
    await fails(file('-'), 'OPTION_CONFLICT', /cannot go to standard output/);
    await fails(file('b.mkv'), 'OUTPUT_COLLISION', /b\.mkv is not written/);
    await fails(plan(['a.jpg'], { output: 'depth.mp4' }), 'OPTION_VALUE', /is a video, and a\.jpg is none/);
    for (const ending of ['mov', 'm4v', 'avi'])
      await fails(file(`depth.${ending}`), 'OPTION_VALUE', /neither a folder nor a \.png or a video.*mp4, webm, mkv/);
    await files([], ['text.mp4']);
    expect((await plan(['text.mp4'], { output: 'depth.mp4' })).skipped).toEqual(['text.mp4 is not a picture']);
  });

  it('knows frames of a kind by the first, and the whole folder by its timestamps', async () => {
    const job = { input: 'b.mp4', clip: true, outputs: { picture: 'b-m/timestamps.txt' } };
    const isDone = (frames: 'png16' | 'exr') =>
      allThere(job, parseArguments(['b.mp4', '--frames', frames]) as EstimateCommand);
    await files([], ['b-m/000001.png', 'b-m/timestamps.txt']);
    expect(await isDone('png16')).toBe(true);
    expect(await isDone('exr')).toBe(false);
    await rm('b-m/timestamps.txt');
    expect(await isDone('png16')).toBe(false);
  });

  it('refuses what no input has a use for', async () => {
    await files(['a.jpg']);
    await writeFile(join(root, 'b.mp4'), '\0\0\0\x18ftypisom', 'latin1');
    const session = new Session(true, new AbortController().signal);
    const run = (text: string) =>
      estimatePictures(parseArguments(['-m', 'nano', ...text.split(' ')]) as EstimateCommand, session);
    for (const option of ['--steady', '--codec vp9', '--frames exr'])
      await fails(run(`a.jpg ${option}`), 'OPTION_CONFLICT', /is for videos, and there is none/);
    for (const option of ['--colormap turbo', '--side', '--span percentiles', '--codec vp9'])
      await fails(run(`b.mp4 --frames exr ${option}`), 'OPTION_CONFLICT', /is for drawings, and --frames exr/);
  });

  it('refuses before it loads anything to hold still what a model holds still itself', async () => {
    await files(['in/a.jpg', 'in/b.jpg'], ['in/a.pfm', 'in/b.pfm']);
    await writeFile(join(root, 'b.mp4'), '\0\0\0\x18ftypisom', 'latin1');
    const session = new Session(true, new AbortController().signal);
    const held = ['-m', 'video-depth-anything-small', '--steady'];
    const estimate = parseArguments(['b.mp4', ...held]) as EstimateCommand;
    await fails(estimatePictures(estimate, session), 'OPTION_STEADY', /holds its depth still by itself/);
    const evaluate = parseArguments(['eval', '--data', 'in', '--video', ...held]) as EvaluateCommand;
    await fails(evaluateModel(evaluate, session), 'OPTION_STEADY', /holds its depth still by itself/);
    expect((await readdir(root)).sort()).toEqual(['b.mp4', 'in']);
  });

  it('takes its own videos for results, and folders of frames', async () => {
    await files(['in/a.jpg', 'in/b-nano/000001.jpg'], ['in/b-nano/timestamps.txt', 'in/b-nano/000001.exr']);
    await files([], ['in/c-nano/.depthwise-timestamps.txt/state.json', 'in/c-nano/000001.exr']);
    for (const name of ['b-nano.mp4', 'b-midas-v2.1-small-half-sbs.mp4', 'b-anaglyph.mp4'])
      await writeFile(join(root, 'in', name), '\0\0\0\x18ftypisom');
    const { jobs, skipped } = await plan(['in']);
    expect(jobs.map(([input]) => input)).toEqual(['in/a.jpg', 'in/b-anaglyph.mp4']);
    expect(skipped).toEqual([]);
  });

  it('takes its own data files for results, by their name or by the drawing beside them', async () => {
    const ends = ['npy', 'pfm', 'json', 'ply', 'glb', 'exr'];
    const own = ends.flatMap((end) => [`in/a-nano.${end}`, `in/drawn.${end}`]);
    await files(['in/a.jpg'], [...own, 'in/a-nano.txt', 'in/a.npy', 'in/plain.json', 'in/nano.json', 'in/depth.json']);
    const pixel = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } as const;
    for (const name of ['a-nano', 'a-nano-16bit', 'drawn'])
      await writeFile(join(root, `in/${name}.png`), await encodePng(pixel, { depthwise: '{}' }));
    await writeFile(join(root, 'in/plain.png'), await encodePng(pixel));
    const { jobs, skipped } = await plan(['in']);
    expect(jobs.map(([input]) => input)).toEqual(['in/a.jpg', 'in/plain.png']);
    expect(skipped).toEqual(
      ['a-nano.txt', 'a.npy', 'depth.json', 'nano.json', 'plain.json'].map((name) => `in/${name} is not a picture`),
    );
    expect((await plan(['in/a-nano.npy'])).skipped).toEqual(['in/a-nano.npy is not a picture']);
  });

  it('does not read an output folder inside the input folder, but one that is the input folder', async () => {
    await files(['in/a.jpg', 'in/out/old.jpg']);
    expect((await plan(['in'], { output: 'in/out' })).jobs).toEqual([['in/a.jpg', 'in/out/a-m.png']]);
    expect((await plan(['in'], { output: 'in' })).jobs).toEqual([
      ['in/a.jpg', 'in/a-m.png'],
      ['in/out/old.jpg', 'in/out/old-m.png'],
    ]);
  });

  it('counts a picture named twice once, and follows links without going in circles', async () => {
    await files(['in/a.jpg', 'far/b.jpg']);
    await symlink(join(root, 'in'), join(root, 'in/loop'));
    await symlink(join(root, 'far'), join(root, 'in/near'));
    expect((await plan(['in', './in/a.jpg', 'far/b.jpg'])).jobs).toEqual([
      ['in/a.jpg', 'in/a-m.png'],
      ['in/near/b.jpg', 'in/near/b-m.png'],
    ]);
  });

  it('names two pictures of one name by their extension too', async () => {
    await files(['in/a.jpg', 'in/a.png', 'in/b.jpg', 'in/a.jpeg']);
    expect((await plan(['in'], { output: 'out' })).jobs).toEqual([
      ['in/a.jpeg', 'out/a-jpeg-m.png'],
      ['in/a.jpg', 'out/a-jpg-m.png'],
      ['in/a.png', 'out/a-png-m.png'],
      ['in/b.jpg', 'out/b-m.png'],
    ]);
  });

  it('passes over pictures whose outputs are one all the same, every one of them, and does the rest', async () => {
    await files(['x/b.jpg', 'y/b.jpg', 'x/c.jpg', 'y/c.jpg', 'x/d.jpg']);
    const { jobs, skipped } = await plan(['x', 'y'], { output: 'out' });
    expect(jobs).toEqual([['x/d.jpg', 'out/d-m.png']]);
    expect(skipped).toHaveLength(4);
    expect(skipped).toContain('x/b.jpg has the same output as another: x/b.jpg and y/b.jpg give out/b-jpg-m.png');
  });

  it('never writes over a picture that it reads', async () => {
    await files(['a.jpg', 'a-m.png', 'c.jpg', 'e.jpg', 'e-m.png', 'e-jpg-m.png']);
    const { jobs, skipped } = await plan(['.']);
    expect(jobs).toContainEqual(['a.jpg', 'a-jpg-m.png']);
    expect(jobs).toContainEqual(['c.jpg', 'c-m.png']);
    expect(skipped).toEqual(['e.jpg would be written over e-jpg-m.png, which is read']);
    await fails(plan(['a-m.png'], { output: 'a-m.png' }), 'OUTPUT_COLLISION', /a-m\.png is not written/);
  });

  it('never writes over weights, which it says before any are read', async () => {
    await files(['a.jpg', 'b.jpg'], ['w.pt']);
    await symlink('w.pt', join(root, 'a-m.png'));
    await symlink('w.pt', join(root, 'a-jpg-m.png'));
    const { jobs, skipped } = await plan(['a.jpg', 'b.jpg'], { weights: 'w.pt' });
    expect(jobs).toEqual([['b.jpg', 'b-m.png']]);
    expect(skipped).toEqual(['a.jpg would be written over w.pt, which is read']);
    await fails(plan(['a.jpg'], { output: 'a-m.png', weights: 'w.pt' }), 'OUTPUT_COLLISION', /a-m\.png is not written/);
  });

  it('leaves out its own results where a glob names them', async () => {
    await files(['a.png'], ['a-nano.json']);
    const pixel = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } as const;
    await writeFile(join(root, 'a-nano.png'), await encodePng(pixel, { depthwise: '{}' }));
    const found = await planJobs(['a-nano.json', 'a-nano.png', 'a.png'], {
      model: 'nano',
      png16: false,
      pfm: false,
      npy: false,
    });
    expect(found.jobs.map(({ input }) => input)).toEqual(['a.png']);
    expect(found).toMatchObject({ own: ['a-nano.json', 'a-nano.png'], skipped: [] });
  });

  it('parts a folder into shards that hold every picture and complaint once, wherever the folder is', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `in/${i % 7}/${i}.jpg`);
    await files([...names, 'in/0/0.png'], ['in/notes.txt', 'in/1/more.txt']);
    const whole = await plan(['in'], { output: 'out' });
    const parts = await Promise.all(
      [1, 2, 3, 4].map((index) => plan(['in'], { output: 'out', shard: { index, count: 4 } })),
    );
    expect(parts.flatMap(({ jobs }) => jobs).sort()).toEqual(whole.jobs.toSorted());
    expect(parts.flatMap(({ skipped }) => skipped).sort()).toEqual(whole.skipped.toSorted());
    expect(whole.skipped).toHaveLength(2);
    for (const { jobs } of parts) expect(jobs.length).toBeGreaterThan(5);
    const elsewhere = await plan([join(root, 'in')], { output: 'out', shard: { index: 1, count: 4 } });
    expect(elsewhere.jobs.map(([, output]) => output)).toEqual(parts[0]!.jobs.map(([, output]) => output));
  });

  it('leaves a picture in its shard when others come', async () => {
    await files(['in/a.jpg', 'in/b.jpg', 'in/c.jpg']);
    const before = (await plan(['in'], { shard: { index: 1, count: 2 } })).jobs;
    await files(Array.from({ length: 20 }, (_, i) => `in/0${i}.jpg`));
    const after = (await plan(['in'], { shard: { index: 1, count: 2 } })).jobs;
    expect(after.filter(([input]) => /[abc]\.jpg/.test(input!))).toEqual(before);
  });

  it('refuses an input that is not there', async () => {
    await fails(plan(['gone.jpg']), 'OPTION_INPUT', /gone\.jpg: no such file or folder/);
    await files(['a.jpg']);
    const { jobs, skipped } = await plan(['gone.jpg', 'a.jpg']);
    expect(jobs).toEqual([['a.jpg', 'a-m.png']]);
    expect(skipped).toEqual(['gone.jpg is left out: no such file or folder']);
  });
});
