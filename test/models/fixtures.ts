import { readFileSync } from 'node:fs';
import { decode } from '../../src/weights/format/decode.js';
import { parseHeader } from '../../src/weights/format/safetensors.js';
import type { SeededEntry } from '../seeded_weights.js';

/** What was recorded of one inner value of the published code. */
export interface StageRecord {
  readonly shape: readonly number[];
  /** Every `stride`-th value was kept, in row-major order. */
  readonly stride: number;
  readonly min: number;
  readonly max: number;
}

export interface FixtureRecord {
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly input: string;
  readonly suite: 'default' | 'long';
  readonly checkpoint: string;
  /** Tapped blocks of a transformer, counted from 0. */
  readonly taps?: readonly number[];
  readonly stages: Readonly<Record<string, StageRecord>>;
}

const DIRECTORY = new URL('../fixtures/models/', import.meta.url);

/** Every recorded run of the published code, by name. */
export function fixtures(): Record<string, FixtureRecord> {
  return (
    JSON.parse(readFileSync(new URL('index.json', DIRECTORY), 'utf8')) as { fixtures: Record<string, FixtureRecord> }
  ).fixtures;
}

/** Names and shapes of a published checkpoint. */
export function checkpointTensors(name: string): SeededEntry[] {
  return JSON.parse(readFileSync(new URL(`${name}.tensors.json`, DIRECTORY), 'utf8')) as SeededEntry[];
}

/** Recorded samples of a fixture, by stage. */
export function recordedStages(name: string): Map<string, Float32Array> {
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.safetensors`, DIRECTORY)));
  const { tensors, dataOffset } = parseHeader(bytes, bytes.length, name);
  return new Map(
    [...tensors.values()].map((entry) => [
      entry.name,
      decode(entry, bytes.subarray(dataOffset + entry.begin, dataOffset + entry.end)),
    ]),
  );
}
