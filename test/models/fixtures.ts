import { readFileSync } from 'node:fs';
import { findEntry } from '../../src/models/resolve.js';
import { recordedStages as stagesOf, type FixtureRecord } from '../../truth/recordings.js';
import type { SeededEntry } from '../../truth/seeded_weights.js';

const DIRECTORY = new URL('../fixtures/models/', import.meta.url);

/** Every recorded run of the published code of models that can be run, by name. */
export function fixtures(): Record<string, FixtureRecord> {
  return Object.fromEntries(recorded().filter(([, fixture]) => !waits(fixture)));
}

/** Recorded runs of models that the engine has yet to learn, by name. */
export function waitingFixtures(): Record<string, FixtureRecord> {
  return Object.fromEntries(recorded().filter(([, fixture]) => waits(fixture)));
}

function recorded(): [string, FixtureRecord][] {
  const text = readFileSync(new URL('index.json', DIRECTORY), 'utf8');
  return Object.entries((JSON.parse(text) as { fixtures: Record<string, FixtureRecord> }).fixtures);
}

/** The name of the model that a fixture of the hub's port is of. */
export function withoutHub(model: string): string {
  return model.replace(/-hub$/, '');
}

/** Fixtures of MiDaS have the names of the registry; those of Depth Anything are variants of its models. */
function waits({ model }: FixtureRecord): boolean {
  return /^(?:midas|dpt|zoedepth)-/.test(model) && !findEntry(withoutHub(model));
}

/** Names and shapes of a published checkpoint. */
export function checkpointTensors(name: string): SeededEntry[] {
  return JSON.parse(readFileSync(new URL(`${name}.tensors.json`, DIRECTORY), 'utf8')) as SeededEntry[];
}

/** Recorded samples of a fixture, by stage. */
export function recordedStages(name: string): Map<string, Float32Array> {
  return stagesOf(new Uint8Array(readFileSync(new URL(`${name}.safetensors`, DIRECTORY))), name);
}
