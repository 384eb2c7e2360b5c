import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.js';
import { nearest } from '../../../src/arguments/nearest.js';
import { EVALUATION_OPTIONS, helpText, PARSER_OPTIONS } from '../../../src/cli/options.js';
import { colormaps } from '../../../src/depth/colormaps.js';

const parse = (line: string) => parseArguments(line.split(' ').filter((word) => word !== ''));
const fails = (line: string, code: string, words: RegExp) =>
  expect(() => parse(line), line).toThrow(
    expect.objectContaining({ name: 'UsageError', code, message: expect.stringMatching(words) }),
  );

const DEFAULTS = {
  command: 'estimate',
  acceptLicense: false,
  hub: false,
  quiet: false,
  precision: 'auto',
  square: false,
  colormap: 'inferno',
  grayscale: false,
  invert: false,
  side: false,
  span: 'full',
  size: 'picture',
  skipExisting: false,
  png16: false,
  pfm: false,
  npy: false,
  json: false,
};

describe('parseArguments', () => {
  it('takes pictures and folders, with defaults for everything else', () => {
    expect(parse('photo.jpg')).toEqual({ ...DEFAULTS, inputs: ['photo.jpg'] });
    expect(parse('a.jpg folder b.png')).toMatchObject({ inputs: ['a.jpg', 'folder', 'b.png'] });
    expect(parse('-- -odd.jpg')).toMatchObject({ inputs: ['-odd.jpg'] });
  });

  it('takes every option', () => {
    expect(
      parse(
        'a.jpg -o out -m midas-v2.1-small --weights w.safetensors --accept-license --cache c ' +
          '--precision f16 --adapter llvmpipe --memory-budget 1.5 --flip-average' +
          ' --input-size 126 --square --hub --colormap turbo --invert --side --span percentiles --size picture ' +
          '--skip-existing --shard 2/3 --png16 --pfm --npy --json -q',
      ),
    ).toEqual({
      command: 'estimate',
      inputs: ['a.jpg'],
      output: 'out',
      model: 'midas-v2.1-small',
      weights: 'w.safetensors',
      acceptLicense: true,
      cache: 'c',
      precision: 'f16',
      adapter: 'llvmpipe',
      memoryBudget: 1_500_000,
      flipAverage: true,
      inputSize: 126,
      square: true,
      hub: true,
      colormap: 'turbo',
      grayscale: false,
      invert: true,
      side: true,
      span: 'percentiles',
      size: 'picture',
      skipExisting: true,
      shard: { index: 2, count: 3 },
      png16: true,
      pfm: true,
      npy: true,
      json: true,
      quiet: true,
    });
    expect(parse('a.jpg --grayscale --output=x')).toMatchObject({ grayscale: true, output: 'x' });
  });

  it('tells its other commands apart', () => {
    expect(parse('info --json --adapter nvidia')).toEqual({ command: 'info', json: true, adapter: 'nvidia' });
    expect(parse('models')).toEqual({ command: 'models', json: false });
    expect(parse('--help photo.jpg')).toEqual({ command: 'help' });
    expect(parse('-V')).toEqual({ command: 'version' });
    expect(parse('./info')).toMatchObject({ command: 'estimate', inputs: ['./info'] });
    expect(parse('--tensor in.npy --out-tensor out.npy -m midas-v2.1-small --precision f32')).toEqual({
      command: 'tensor',
      input: 'in.npy',
      output: 'out.npy',
      model: 'midas-v2.1-small',
      precision: 'f32',
      acceptLicense: false,
      hub: false,
      quiet: false,
    });
  });

  it('takes a command behind options too, and names behind -- for pictures', () => {
    expect(parse('-q convert a.pt b.safetensors')).toMatchObject({ command: 'convert', input: 'a.pt', quiet: true });
    expect(parse('--f16 convert a.pt b.safetensors')).toMatchObject({ command: 'convert', f16: true });
    expect(parse('-q eval --data in')).toMatchObject({ command: 'evaluate', data: 'in', quiet: true });
    expect(parse('-m nano --data in eval')).toMatchObject({ command: 'evaluate', data: 'in', model: 'nano' });
    expect(parse('-q info')).toMatchObject({ command: 'info' });
    for (const word of ['eval', 'convert', 'info', 'models', 'cache'])
      expect(parse(`-- ${word}`)).toMatchObject({ command: 'estimate', inputs: [word] });
    expect(parse('a.jpg eval convert')).toMatchObject({ command: 'estimate', inputs: ['a.jpg', 'eval', 'convert'] });
    expect(parse('-m eval a.jpg')).toMatchObject({ command: 'estimate', model: 'eval' });
    fails('--png16 eval --data a', 'OPTION_UNKNOWN', /--png16/);
    fails('-q convert a.pt', 'OPTION_INPUT', /takes two names, and got 1/);
  });

  it('refuses empty values, and - where a file has to be', () => {
    for (const option of ['output', 'model', 'weights', 'cache', 'adapter', 'stereo', 'input-size'])
      expect(() => parseArguments(['a.jpg', `--${option}`, ''])).toThrow(
        expect.objectContaining({
          code: 'OPTION_VALUE',
          message: expect.stringContaining(`--${option} has an empty value`),
        }),
      );
    fails('convert a.pt -', 'OPTION_INPUT', /convert works on files: "-" .* write \.\/-\./);
    fails('convert - b.safetensors', 'OPTION_INPUT', /convert works on files/);
    fails('--tensor - --out-tensor b.npy', 'OPTION_INPUT', /--tensor works on files/);
    fails('eval --data in --json -', 'OPTION_INPUT', /eval works on files/);
    fails('eval --suite failures -o -', 'OPTION_INPUT', /--suite works on files/);
    fails('compare --models nano,dpt-large a.jpg -o -', 'OPTION_INPUT', /compare works on files/);
  });

  it('refuses what stands behind a command that takes nothing', () => {
    fails('info extra', 'OPTION_INPUT', /info takes no file: "extra" has no meaning here/);
    fails('models --json a.jpg', 'OPTION_INPUT', /"a\.jpg" has no meaning/);
    expect(parse('a.jpg info')).toMatchObject({ command: 'estimate', inputs: ['a.jpg', 'info'] });
  });

  it('takes the options of an evaluation', () => {
    expect(parse('eval --data in -m nano --truth inverse --json out.json --precision f32 -q')).toEqual({
      command: 'evaluate',
      data: 'in',
      model: 'nano',
      truth: 'inverse',
      json: 'out.json',
      precision: 'f32',
      acceptLicense: false,
      hub: false,
      quiet: true,
      video: false,
      steady: false,
    });
    expect(parse('eval --data in --video --steady')).toMatchObject({ video: true, steady: true });
    fails('eval --data in --steady', 'OPTION_CONFLICT', /with --video alone/);
    fails('eval --data in --video --protocol vda-bonn', 'OPTION_CONFLICT', /exclude each other/);
    fails('eval --data in --video --confidence', 'OPTION_CONFLICT', /--confidence exclude each other/);
    for (const option of ['--video', '--steady'])
      fails(`eval --suite failures -o d ${option}`, 'OPTION_CONFLICT', /has no meaning with it/);
    expect(parse('eval --help')).toEqual({ command: 'help' });
    expect(parse('./eval')).toMatchObject({ command: 'estimate', inputs: ['./eval'] });
    fails('eval', 'OPTION_INPUT', /--data DIR/);
    fails('eval --data a b', 'OPTION_INPUT', /"b" has no meaning/);
    fails('eval --data a --truth disparity', 'OPTION_VALUE', /depth, inverse, not "disparity"/);
    fails('eval --data a --png16', 'OPTION_UNKNOWN', /--png16/);
    fails('a.jpg --data a', 'OPTION_UNKNOWN', /--data/);
  });

  it('names the nearest option for one it does not know, and ours for one of another tool', () => {
    fails('a.jpg --colourmap turbo', 'OPTION_UNKNOWN', /no option --colourmap\. Did you mean --colormap\?/);
    fails('a.jpg --inputsize=3', 'OPTION_UNKNOWN', /--inputsize\. Did you mean --input-size\?/);
    fails('a.jpg --outdir x', 'OPTION_UNKNOWN', /--outdir\. Here that is --output\./);
    fails('--img-path a.jpg', 'OPTION_UNKNOWN', /file and folder names without an option/);
    fails('a.jpg --zzzzzzz', 'OPTION_UNKNOWN', /--help. lists/);
    fails('a.jpg -x', 'OPTION_UNKNOWN', /no option -x/);
    fails('a.jpg --constructor', 'OPTION_UNKNOWN', /--constructor/);
  });

  it('refuses values that make no sense', () => {
    for (const size of ['0', '-5', '1.5', 'big', '1e3', '1000000'])
      fails(`a.jpg --input-size=${size}`, 'OPTION_VALUE', /--input-size/);
    fails('a.jpg --precision fp16', 'OPTION_VALUE', /auto, f32, f16, not "fp16"\. Did you mean f16\?/);
    fails('a.jpg --colormap jet', 'OPTION_VALUE', /one of inferno, spectral_r.*not "jet"/);
    fails('a.jpg --output', 'OPTION_VALUE', /--output/);
    fails('a.jpg --side --size network', 'OPTION_CONFLICT', /--side and --size network/);
    fails('a.jpg -o - --npy', 'OPTION_CONFLICT', /--npy needs -o PATH/);
    fails('a.jpg --side=yes', 'OPTION_VALUE', /--side/);
  });

  it('refuses options that exclude each other', () => {
    fails('a.jpg --grayscale --colormap turbo', 'OPTION_CONFLICT', /exclude/);
    fails('--tensor in.npy', 'OPTION_CONFLICT', /belong together/);
    fails('--out-tensor out.npy', 'OPTION_CONFLICT', /belong together/);
    fails('--tensor a.npy --out-tensor b.npy photo.jpg', 'OPTION_CONFLICT', /"photo\.jpg" has no meaning/);
    fails('--tensor a.npy --out-tensor b.npy --input-size 14', 'OPTION_CONFLICT', /--input-size has no meaning/);
  });

  it('asks for a picture when there is none', () => {
    fails('', 'OPTION_INPUT', /No picture/);
    fails('--pfm', 'OPTION_INPUT', /No picture/);
  });
});

describe('helpText', () => {
  it('shows every option and every colour map, within 100 columns', () => {
    const text = helpText();
    for (const name of Object.keys({ ...PARSER_OPTIONS, ...EVALUATION_OPTIONS }))
      expect(text).toMatch(new RegExp(`--${name}[ \\n]`));
    for (const name of Object.keys(colormaps)) expect(text).toContain(name);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
  });
});

describe('nearest', () => {
  it('ranks by edits and gives up on what is too far', () => {
    expect(nearest('ouput', ['output', 'out-tensor'])).toBe('output');
    expect(nearest('JSON', ['json', 'side'])).toBe('json');
    expect(nearest('abcdef', ['json', 'output'])).toBeUndefined();
  });

  it('reads what to convert', () => {
    const command = { command: 'convert', input: 'a.pt', output: 'b.safetensors', f16: true, quiet: false };
    expect(parseArguments(['convert', 'a.pt', 'b.safetensors', '--f16'])).toEqual(command);
    for (const names of [[], ['a.pt'], ['a.pt', 'b', 'c']]) {
      expect(() => parseArguments(['convert', ...names])).toThrow(`convert takes two names, and got ${names.length}.`);
    }
    expect(() => parseArguments(['convert', 'a.pt', 'b', '--precision', 'f16'])).toThrow(
      'There is no option --precision',
    );
  });
});
