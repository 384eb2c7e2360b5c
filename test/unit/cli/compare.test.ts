import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments, type CompareCommand } from '../../../src/cli/arguments.js';
import { Session } from '../../../src/cli/session.js';
import { compareModels } from '../../../src/cli/suite/compare.js';
import { labelsOf } from '../../../src/cli/suite/models.js';
import { encodePng } from '../../../src/depth/formats/png.js';
import { tinyMidas } from '../model/tiny_midas.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  await mkdir(join(folder, 'photos'));
  for (const name of ['room', 'street'])
    await copyFile(`test/fixtures/nano/${name}.png`, join(folder, 'photos', `${name}.png`));
  const room = await readFile('test/fixtures/nano/room.png');
  await writeFile(join(folder, 'photos', 'broken.png'), room.subarray(0, 100));
  await writeFile(join(folder, 'photos', 'clip.mp4'), '\0\0\0\x18ftypisom', 'latin1');
  await writeFile(join(folder, 'tiny.safetensors'), tinyMidas());
});
afterAll(() => rm(folder, { recursive: true }));

/** Keeps what it is told. */
class ToldSession extends Session {
  readonly warnings: string[] = [];
  progressed = false;

  constructor() {
    super(true, new AbortController().signal);
  }

  override warn(text: string): void {
    this.warnings.push(text.replace(/\S*photos\//, ''));
  }

  override showProgress(): void {
    this.progressed = true;
  }
}

const parse = (...argv: string[]) => parseArguments(['compare', ...argv]) as CompareCommand;

interface Row {
  readonly path: string;
  readonly models: readonly { model: string; spearman: number; absRel: number; milliseconds: number }[];
}

describe('compare', () => {
  it('writes one page of pictures, maps, differences and agreement, whose first model agrees with itself', async () => {
    const report = join(folder, 'report');
    const models = `nano,midas-v2.1-small=${join(folder, 'tiny.safetensors')}`;
    const argv = ['--models', models, '--input-size', '96', '--precision', 'f32', '-q', '-o', report];
    const session = new ToldSession();
    expect(await compareModels(parse(...argv, join(folder, 'photos')), session)).toBe(1);
    expect(session.warnings).toEqual([
      'passed over: clip.mp4 is a video, and no picture.',
      expect.stringMatching(/^passed over: broken\.png is left out: /),
    ]);
    const scores = JSON.parse(await readFile(join(report, 'scores.json'), 'utf8')) as Row[];
    expect(scores.map(({ path }) => path.replace(/.*\//, ''))).toEqual(['room.png', 'street.png']);
    for (const { models: rows } of scores) {
      expect(rows.map(({ model }) => model)).toEqual(['nano', 'midas-v2.1-small']);
      const [first, other] = rows as [Row['models'][0], Row['models'][0]];
      expect(first.spearman).toBeCloseTo(1, 9);
      expect(first.absRel).toBeCloseTo(0, 6);
      // Seeded weights know nothing of depth.
      expect(Math.abs(other.spearman)).toBeLessThan(0.9);
      expect(other.absRel).toBeGreaterThan(0.1);
      expect(other.milliseconds).toBeGreaterThan(0);
    }
    const html = await readFile(join(report, 'index.html'), 'utf8');
    // Of each picture: itself, two maps, one difference.
    expect(html.match(/<img [^>]*src="data:image\/png;base64,iVBOR/g)).toHaveLength(8);
    expect(html.match(/\b(?:href|src)="(?!data:)|url\(|@import|<script/)).toBeNull();
    // Each difference stands below the map that it is of.
    const columns = html.split('<div class="figures">')[1]!.split('<div>').slice(1);
    expect(columns.map((column) => [...column.matchAll(/alt="([^"]*)"/g)].map(([, caption]) => caption))).toEqual([
      ['picture'],
      ['nano'],
      ['midas-v2.1-small', expect.stringContaining('midas-v2.1-small less nano')],
    ]);
    const passed = html.slice(html.indexOf('Passed over'));
    for (const name of ['clip.mp4', 'broken.png']) expect(passed).toContain(name);
  }, 60_000);

  it('leaves out a picture of which the first map is the same everywhere, as nothing can be laid onto it', async () => {
    const [report, dot] = [join(folder, 'dot-report'), join(folder, 'dot')];
    await mkdir(dot);
    const dark = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } as const;
    await writeFile(join(dot, 'dot.png'), await encodePng(dark));
    await copyFile(join(folder, 'photos/room.png'), join(dot, 'room.png'));
    const models = `nano,midas-v2.1-small=${join(folder, 'tiny.safetensors')}`;
    const session = new ToldSession();
    const argv = ['--models', models, '--input-size', '96', '--precision', 'f32', '-q', '-o', report, dot];
    expect(await compareModels(parse(...argv), session)).toBe(1);
    expect(session.warnings).toEqual([
      expect.stringMatching(/dot\.png is left out: the map of nano is \S+ everywhere/),
    ]);
    const scores = JSON.parse(await readFile(join(report, 'scores.json'), 'utf8')) as Row[];
    expect(scores.map(({ path }) => path.replace(/.*\//, ''))).toEqual(['room.png']);
    for (const { absRel } of scores[0]!.models) expect(Number.isFinite(absRel)).toBe(true);
  }, 60_000);

  it('takes two models or more, pictures and a folder', () => {
    expect(parse('--models', 'nano,dpt-large', 'p', '-o', 'r', '--input-size', '96')).toMatchObject({
      command: 'compare',
      inputs: ['p'],
      output: 'r',
      models: [
        { text: 'nano', model: 'nano' },
        { text: 'dpt-large', model: 'dpt-large' },
      ],
      inputSize: 96,
    });
    expect(parse('--models', 'nano,nano=a=b.pt', 'p', '-o', 'r').models[1]).toEqual({
      text: 'nano=a=b.pt',
      model: 'nano',
      weights: 'a=b.pt',
    });
    expect(() => parse('--models', 'nano', 'p', '-o', 'r')).toThrow('2 or more');
    expect(() => parse('--models', 'nano,,dpt-large', 'p', '-o', 'r')).toThrow('2 or more');
    expect(() => parse('--models', 'nano,dpt-large', 'p')).toThrow('folder');
    expect(() => parse('--models', 'nano,dpt-large', '-o', 'r')).toThrow('pictures');
    expect(() => parse('--model', 'nano', 'p', '-o', 'r')).toThrow('--model');
  });

  it('tells two weights of one model apart, by any of its names', () => {
    const labels = (models: string) => labelsOf(parse('--models', models, 'p', '-o', 'r').models);
    expect(labels('nano,nano=a.pt,vits=b.pt')).toEqual(['nano', 'nano=a.pt', 'depth-anything-v2-small']);
    expect(labels('vits,depth-anything-v2-small')).toEqual(['vits', 'depth-anything-v2-small']);
  });

  it.each([
    ['nano,dpt-larg', 'MODEL_NAME'],
    ['nano,depth-anything-v2-base', 'LICENSE_NOT_ACCEPTED'],
  ])('refuses one of the models before any is loaded: %s', async (models, code) => {
    const session = new ToldSession();
    const command = parse('--models', models, join(folder, 'photos/room.png'), '-o', join(folder, 'none'));
    await expect(compareModels(command, session)).rejects.toMatchObject({ code });
    expect(session.progressed).toBe(false);
  });
});
