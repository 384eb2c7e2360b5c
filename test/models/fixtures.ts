import { readFileSync } from 'node:fs';
import { recordedStages as stagesOf, type FixtureRecord } from '../../truth/recordings.js';
import type { SeededEntry } from '../../truth/seeded_weights.js';

const DIRECTORY = new URL('../fixtures/models/', import.meta.url);

/** Every recorded run of the published code, by name. */
export function fixtures(): Record<string, FixtureRecord> {
  const text = readFileSync(new URL('index.json', DIRECTORY), 'utf8');
  return (JSON.parse(text) as { fixtures: Record<string, FixtureRecord> }).fixtures;
}

/** The name of the model that a fixture of the hub's port is of. */
export function withoutHub(model: string): string {
  return model.replace(/-hub$/, '');
}

/** Names and shapes of a published checkpoint. */
export function checkpointTensors(name: string): SeededEntry[] {
  return JSON.parse(readFileSync(new URL(`${name}.tensors.json`, DIRECTORY), 'utf8')) as SeededEntry[];
}

/** Recorded samples of a fixture, by stage. */
export function recordedStages(name: string): Map<string, Float32Array> {
  return stagesOf(new Uint8Array(readFileSync(new URL(`${name}.safetensors`, DIRECTORY))), name);
}
