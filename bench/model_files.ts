import { recordedStages, type FixtureRecord } from '../truth/recordings.js';
import type { SeededEntry } from '../truth/seeded_weights.js';
import type { ModelFiles } from './models.js';

/** The recordings under test/fixtures/models, read by name from a disk or a server. */
export function modelFiles(read: (name: string) => Promise<Uint8Array>): ModelFiles {
  const json = async (name: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await read(name)));
  return {
    fixtures: async () => ((await json('index.json')) as { fixtures: Record<string, FixtureRecord> }).fixtures,
    tensors: async (checkpoint) => (await json(`${checkpoint}.tensors.json`)) as SeededEntry[],
    recorded: async (name) => recordedStages(await read(`${name}.safetensors`), name),
  };
}
