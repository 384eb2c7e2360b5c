import { decode } from '../src/weights/format/decode.js';
import { parseHeader } from '../src/weights/format/safetensors.js';

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
  /** Stages behind a threshold, which f16 may take a pixel across: compared in f32 alone. */
  readonly stepped?: readonly string[];
  readonly stages: Readonly<Record<string, StageRecord>>;
}

/** Recorded samples of a fixture's file, by stage. */
export function recordedStages(bytes: Uint8Array, name: string): Map<string, Float32Array> {
  const { tensors, dataOffset } = parseHeader(bytes, bytes.length, name);
  return new Map(
    [...tensors.values()].map((entry) => [
      entry.name,
      decode(entry, bytes.subarray(dataOffset + entry.begin, dataOffset + entry.end)),
    ]),
  );
}
