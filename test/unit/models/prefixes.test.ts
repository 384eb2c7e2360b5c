import { describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../../src/node/load.js';
import { seededCheckpoint, seededTensor, type SeededEntry } from '../../../truth/seeded_weights.js';
import { checkpointTensors } from '../../models/fixtures.js';
import { depthOf, picture, rejection } from '../model/pictures.js';
import { tinyMidasTensors } from '../model/tiny_midas.js';
import { stateDict, op, torchParts, zip, type WrittenTensor } from '../weights/torch_writer.js';

const load = (source: Uint8Array, onWarning?: (warning: { message: string }) => void) =>
  loadDepthModel(source, { precision: 'f32', cache: false, ...(onWarning && { onWarning }) });

/** Seeded tensors under other names, with the values of their own. */
const renamed = (tensors: readonly SeededEntry[], name: (name: string) => string): SeededEntry[] =>
  tensors.map((tensor) => ({ ...tensor, name: name(tensor.name), source: { name: tensor.name, start: 0 } }));

async function mapOf(source: Uint8Array): Promise<Float32Array> {
  const model = await load(source);
  try {
    return await depthOf(model, picture('a'));
  } finally {
    model.dispose();
  }
}

/** A training dump: weights beside the state of training. */
function dump(key: string, prefix: string): Uint8Array {
  const tensors: Record<string, WrittenTensor> = {};
  for (const { name, shape } of tinyMidasTensors())
    if (!name.endsWith('num_batches_tracked')) tensors[prefix + name] = { shape, values: seededTensor(name, shape) };
  const whole = op.dict(op.string('epoch'), op.int(7), op.string(key), stateDict(tensors));
  return new Uint8Array(zip(torchParts(tensors, op.pickle(whole))));
}

const PREFIXES = ['module.', 'model.', '_orig_mod.', 'net.', 'module.model.'];

describe('names with something before all of them', () => {
  it('are those of the model, in safetensors and in PyTorch files', async () => {
    const expected = await mapOf(seededCheckpoint(tinyMidasTensors()));
    expect(new Set(expected).size).toBeGreaterThan(100);
    for (const prefix of PREFIXES) {
      const tensors = renamed(tinyMidasTensors(), (name) => prefix + name);
      expect(await mapOf(seededCheckpoint(tensors)), prefix).toEqual(expected);
    }
    expect(await mapOf(dump('model', 'module.'))).toEqual(expected);
    expect(await mapOf(dump('state_dict', 'pipeline.module.'))).toEqual(expected);
  }, 120_000);

  it('are those of MiDaS small at its full widths', async () => {
    const tensors = checkpointTensors('midas-v2.1-small');
    const expected = await mapOf(seededCheckpoint(tensors));
    expect(await mapOf(seededCheckpoint(renamed(tensors, (name) => `module.${name}`)))).toEqual(expected);
  }, 120_000);

  it('are not read where one tensor has a name without it', async () => {
    const [first, ...rest] = tinyMidasTensors();
    const mixed = [first!, ...renamed(rest, (name) => `module.${name}`)];
    expect(await rejection(load(seededCheckpoint(mixed)))).toMatchObject({ code: 'MODEL_UNKNOWN' });
  });

  it('may have any number of parts', async () => {
    const name = `${'a.'.repeat(100_000)}scratch.output_conv.0.bias`;
    expect(await rejection(load(seededCheckpoint([{ name, shape: [1] }])))).toMatchObject({ code: 'MODEL_UNKNOWN' });
  });

  it('are in messages as in the file', async () => {
    const tensors = renamed(tinyMidasTensors(), (name) => `module.${name}`);
    const said: string[] = [];
    const more = seededCheckpoint([...tensors, { name: 'module.extra.weight', shape: [2] }]);
    (await load(more, ({ message }) => said.push(message))).dispose();
    expect(said.join()).toContain('"module.extra.weight"');
    const bias = 'module.scratch.output_conv.0.bias';
    const wrong = tensors.map((tensor) => (tensor.name === bias ? { ...tensor, shape: [3] } : tensor));
    const error = await rejection(load(seededCheckpoint(wrong)));
    expect(error).toMatchObject({ code: 'MODEL_SHAPE', message: expect.stringContaining(`"${bias}"`) });
  });

  it('that are those of Depth Anything 3 are told as such, with their prefix and without', async () => {
    for (const prefix of ['model.', '', 'module.model.']) {
      const names = ['backbone.pretrained.cls_token', 'head.scratch.output_conv2_aux.0.0.weight'];
      const file = seededCheckpoint(names.map((name) => ({ name: prefix + name, shape: [1] })));
      const error = await rejection(load(file));
      expect(error, prefix).toMatchObject({ code: 'MODEL_UNKNOWN', hint: expect.stringContaining('Anything 3') });
    }
  });
});
