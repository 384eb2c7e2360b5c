import { decode } from '../src/weights/format/decode.js';
import { parseHeader } from '../src/weights/format/safetensors.js';
import type { FixtureRecord } from '../test/models/fixtures.js';
import type { SeededEntry } from '../test/seeded_weights.js';
import type { ModelFiles } from './models.js';

/** The recordings under test/fixtures/models, read by name from a disk or a server. */
export function modelFiles(read: (name: string) => Promise<Uint8Array>): ModelFiles {
  const json = async (name: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await read(name)));
  return {
    fixtures: async () => ((await json('index.json')) as { fixtures: Record<string, FixtureRecord> }).fixtures,
    tensors: async (checkpoint) => (await json(`${checkpoint}.tensors.json`)) as SeededEntry[],
    recorded: async (name) => {
      const bytes = await read(`${name}.safetensors`);
      const { tensors, dataOffset } = parseHeader(bytes, bytes.length, name);
      return new Map(
        [...tensors.values()].map((entry) => [
          entry.name,
          decode(entry, bytes.subarray(dataOffset + entry.begin, dataOffset + entry.end)),
        ]),
      );
    },
  };
}
