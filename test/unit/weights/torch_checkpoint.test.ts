import { describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../../src/node/load.js';
import { openCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import { decode } from '../../../src/weights/format/decode.js';
import { checkpointTensors } from '../../models/fixtures.js';
import { seededCheckpoint } from '../../../truth/seeded_weights.js';
import { writtenTensors } from './torch_tensors.js';
import { legacy, torchParts, zip } from './torch_writer.js';

const MODEL = 'midas-v2.1-small';
const weights = seededCheckpoint(checkpointTensors(MODEL));

const picture = { data: Uint8Array.from({ length: 64 * 48 * 4 }, (_, i) => (i * 37) % 256), width: 64, height: 48 };

async function mapOf(source: Parameters<typeof loadDepthModel>[0]): Promise<Float32Array> {
  const model = await loadDepthModel(source, { precision: 'f32' });
  try {
    const depth = await model.estimate(picture);
    return await depth.read();
  } finally {
    model.dispose();
  }
}

describe('a model from a PyTorch file', () => {
  it('gives the map that its weights give from safetensors, in zip and in legacy form', async () => {
    const tensors = await writtenTensors(weights);
    const expected = await mapOf(weights);
    expect(new Set(expected).size).toBeGreaterThan(100);
    expect(await mapOf(new Blob([new Uint8Array(zip(torchParts(tensors)))]))).toEqual(expected);
    expect(await mapOf(new Uint8Array(legacy(tensors)))).toEqual(expected);
  });

  it('is read whole where another program put its weights before the pickle', async () => {
    const tensors = await writtenTensors(weights);
    const file = new Uint8Array(zip(torchParts(tensors).reverse(), { follows: false }));
    const checkpoint = await openCheckpoint(file);
    const left = new Map(Object.entries(tensors));
    for await (const { entry, bytes } of checkpoint.tensors()) {
      // Byte by byte: `toEqual` takes a minute for 21 million numbers.
      const [read, written] = [decode(entry, bytes), left.get(entry.name)?.values].map((values) =>
        Buffer.from(new Float32Array(values ?? []).buffer),
      );
      expect(read?.length, entry.name).toBeGreaterThan(0);
      expect(read?.equals(written as Buffer), entry.name).toBe(true);
      left.delete(entry.name);
    }
    expect(left.size).toBe(0);
  });

  it('that is cut ends in ST_TRUNCATED naming the last tensor that was whole', async () => {
    const file = zip(torchParts(await writtenTensors(weights)));
    const cut = new Uint8Array(file.subarray(0, file.length / 2));
    await expect(mapOf(cut)).rejects.toMatchObject({
      code: 'ST_TRUNCATED',
      tensor: expect.stringMatching(/./),
    });
  });
});
