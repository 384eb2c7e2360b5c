import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelArguments } from '../../../src/cli/arguments.js';
import type { DepthModel } from '../../../src/index.js';
import { chooseModel, loadModel, Session } from '../../../src/cli/session.js';

const ARGUMENTS: ModelArguments = { acceptLicense: false, precision: 'auto', hub: false, quiet: true };
const load = (args: Partial<ModelArguments>, signal = new AbortController().signal) =>
  loadModel({ ...ARGUMENTS, ...args }, { name: args.model }, new Session(true, signal));
const refusal = (code: string, words: RegExp) =>
  expect.objectContaining({ name: 'UsageError', code, message: expect.stringMatching(words) });

let root: string;
let home: string;
beforeEach(async () => {
  home = process.cwd();
  root = await mkdtemp(join(tmpdir(), 'depthwise-'));
});
afterEach(async () => {
  process.chdir(home);
  await rm(root, { recursive: true });
});

describe('loadModel', () => {
  it('takes weights for a file whatever it is called, never for a model', async () => {
    process.chdir(root);
    for (const weights of ['rocket.jpg', 'nano', 'hub:model']) {
      await writeFile(weights, 'text');
      await expect(load({ weights }, AbortSignal.abort()), weights).rejects.toEqual(
        expect.objectContaining({ name: 'AbortError' }),
      );
    }
  });

  it('names the file that is missing', async () => {
    for (const weights of ['rocket.jpg', 'nano', 'hub:model']) {
      await expect(load({ weights }), weights).rejects.toEqual(
        refusal('SOURCE_FILE', new RegExp(`^${weights}: there is no such file`)),
      );
    }
    await expect(load({ weights: 'rocket.jpg', model: 'nano' })).rejects.toEqual(
      refusal('SOURCE_FILE', /^rocket\.jpg: there is no such file/),
    );
  });

  it('refuses a model over the budget of memory', async () => {
    await expect(load({ model: 'nano', memoryBudget: 1e6 })).rejects.toEqual(
      expect.objectContaining({ name: 'LimitError', code: 'LIMIT_MEMORY', expected: 1e6 }),
    );
  });

  it('asks the network twice with --flip-average', async () => {
    using once = await load({ model: 'nano' });
    using averaged = await load({ model: 'nano', flipAverage: true });
    const dispatches = (model: DepthModel) => model.plan({ width: 64, height: 48 }).dispatches;
    expect(dispatches(averaged)).toBe(2 * dispatches(once));
  });

  it('leaves hub names to the hub', async () => {
    await expect(load({ weights: 'hf:org/repo' })).rejects.toEqual(refusal('SOURCE_REVISION', /has no revision/));
    await expect(load({ weights: 'hf:org' })).rejects.toEqual(
      refusal('SOURCE_INVALID', /not the name of a file on the hub/),
    );
  });
});

describe('chooseModel', () => {
  it('refuses a cache that is no folder and cannot be one', async () => {
    await writeFile(join(root, 'file'), '');
    for (const cache of [join(root, 'file'), join(root, 'file', 'deep', 'er')]) {
      await expect(chooseModel({ ...ARGUMENTS, cache })).rejects.toEqual(
        refusal('OPTION_VALUE', /--cache .*file is not a folder/),
      );
    }
    expect((await chooseModel({ ...ARGUMENTS, cache: join(root, 'new', 'one') })).name).toBe('nano');
    expect((await chooseModel({ ...ARGUMENTS, cache: join(root, 'new'), model: 'midas-v2.1-small' })).name).toBe(
      'midas-v2.1-small',
    );
  });

  it('calls a model, and so its results, by one name', async () => {
    for (const model of ['dpt-large', 'DPT_Large', 'dpt_large_384'])
      expect((await chooseModel({ ...ARGUMENTS, model })).name, model).toBe('dpt-large');
    expect((await chooseModel({ ...ARGUMENTS, model: 'dpt' })).name).toBe('dpt');
  });

  it('refuses a place for a name, and says what model it is of', async () => {
    for (const [model, words] of [
      ['Intel/dpt-large', /As a model that is dpt-large\./],
      ['Intel/dpt-hybrid-midas', /As a model that is dpt-hybrid\./],
      ['intel/dpt-swinv2-tiny-256', /As a model that is dpt-swin2-tiny-256\./],
      ['hf:Intel/zoedepth-nyu-kitti', /As a model that is zoedepth-nk\./],
      ['Intel/zoedepth-nyu', /As a model that is zoedepth-n\./],
      ['apple/DepthPro', /write hf:apple\/DepthPro@revision\. Weights are given by --weights\./],
      ['https://example.org/w.pt', /^--model takes a name, .* Weights are given by --weights\./],
      ['C:\\w.pt', /Weights are given by --weights/],
    ] as const)
      await expect(chooseModel({ ...ARGUMENTS, model }), model).rejects.toEqual(refusal('MODEL_NAME', words));
  });
});
