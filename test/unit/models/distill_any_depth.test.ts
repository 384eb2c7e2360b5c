import { describe, expect, it } from 'vitest';
import { identify, originalNames } from '../../../src/models/identify.js';
import { codeOf } from '../../../src/models/registry.js';
import { entryByName } from '../../../src/models/resolve.js';
import { resolveFile } from '../../../src/models/resolve_file.js';
import type { TensorEntry, TensorTable } from '../../../src/weights/format/tensor_table.js';
import { checkpointTensors } from '../../models/fixtures.js';
import { readFixture } from '../weights/checkpoint_headers.js';
import { faultOfAsync } from '../weights/safetensors_file.js';

const configs = readFixture<Record<string, unknown>>('hub_configs');

/** The header of a file of V2, with its names changed. */
function headerOf(checkpoint: string, rename = (name: string) => name): TensorTable {
  const tensors = checkpointTensors(checkpoint).map(({ name, shape }): [string, TensorEntry] => [
    rename(name),
    { name: rename(name), shape, dtype: 'F32', begin: 0, end: 0 } as TensorEntry,
  ]);
  return { tensors: new Map(tensors), metadata: new Map() } as TensorTable;
}

/** As the large file has them: the encoder under another name, its blocks in one chunk. */
const chunked = (name: string) => name.replace(/^pretrained\./, 'backbone.').replace(/\.blocks\./, '.blocks.0.');
const none = async () => undefined;
const hubConfig = (json: unknown) => async () => ({ json, source: 'config.json', stray: false });

describe('Distill-Any-Depth', () => {
  it('has in its large file the tensors of V2 large, under chunked names', async () => {
    const header = headerOf('depth-anything-large', chunked);
    expect(identify(header, 'f')).toEqual({ family: 'distill-any-depth', size: 'large', nameStyle: 'chunked' });
    const entry = await resolveFile(header, 'f', undefined, none);
    expect(entry.name).toBe('distill-any-depth-large');
    const names = originalNames(header, 'f', await codeOf(entry));
    const original = checkpointTensors('depth-anything-large').map(({ name }) => [name, [chunked(name)]]);
    expect([...names]).toEqual(original);
  });

  it('is loaded by its name from files that cannot be told from those of V2', async () => {
    for (const [size, checkpoint] of [
      ['small', 'depth-anything-small'],
      ['base', 'depth-anything-base'],
      ['large', 'depth-anything-large'],
    ] as const) {
      const named = entryByName(`distill-any-depth-${size}`);
      expect(await resolveFile(headerOf(checkpoint), 'f', named, none)).toBe(named);
    }
    const small = entryByName('distill-any-depth-small');
    const hub = headerOf('depth-anything-small-hub');
    expect(await resolveFile(hub, 'f', small, hubConfig(configs['da2-s.hf']))).toBe(small);
  });

  it('is among the models that an unnamed file of V2 may be, but not where a config says V2', async () => {
    const small = headerOf('depth-anything-small');
    const error = await faultOfAsync(() => resolveFile(small, 'f', undefined, none));
    expect(error).toMatchObject({ code: 'MODEL_AMBIGUOUS' });
    expect(error.expected).toContain('distill-any-depth-small');
    const hub = headerOf('depth-anything-small-hub');
    const found = await resolveFile(hub, 'f', undefined, hubConfig(configs['da2-s.hf']));
    expect(found.name).toBe('depth-anything-v2-small');
  });

  it('is refused under another size, and V2 in the large file', async () => {
    const large = headerOf('depth-anything-large', chunked);
    for (const [header, name] of [
      [large, 'distill-any-depth-small'],
      [large, 'depth-anything-v2-large'],
      [headerOf('depth-anything-small'), 'distill-any-depth-large'],
    ] as const) {
      const error = await faultOfAsync(() => resolveFile(header, 'f', entryByName(name), none));
      expect(error, name).toMatchObject({ code: 'MODEL_ARCHITECTURE' });
    }
  });
});
