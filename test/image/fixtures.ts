import { readFileSync } from 'node:fs';
import { decode } from '../../src/weights/format/decode.js';
import { parseHeader } from '../../src/weights/format/safetensors.js';
import { seededInput } from '../../truth/seeded_weights.js';

/** What was recorded of one tensor of the published code: every `stride`-th value, in row-major order. */
interface Recorded {
  readonly shape: readonly number[];
  readonly stride: number;
}

/** A picture through a published transform; the tensor is [3,H,W]. */
export interface TransformRecord extends Recorded {
  readonly transform: 'depth-anything-v2' | 'midas-small' | 'dpt' | 'hub' | 'depth-anything-3';
  readonly input_size: number | null;
  readonly picture: string;
  readonly width: number;
  readonly height: number;
}

/** A map resized to a picture as a published program does. */
export interface ResizedRecord extends Recorded {
  readonly rule: 'midas' | 'depth-anything-v1' | 'depth-anything-v2' | 'hub';
  readonly map: string;
  readonly map_width: number;
  readonly map_height: number;
  readonly width: number;
  readonly height: number;
}

/** Every `stride`-th pixel of what the published programs write for one map. */
export interface WrittenRecord {
  readonly map: string;
  readonly map_width: number;
  readonly map_height: number;
  readonly stride: number;
  readonly midas_16bit: readonly number[];
  readonly midas_inferno_rgb: readonly (readonly [number, number, number])[];
  readonly depth_anything_v2_8bit: readonly number[];
}

interface Index {
  readonly transforms: Readonly<Record<string, TransformRecord>>;
  readonly byte_transforms: Readonly<Record<string, TransformRecord>>;
  readonly resized: Readonly<Record<string, ResizedRecord>>;
  readonly written: WrittenRecord;
}

const DIRECTORY = new URL('../fixtures/preprocess/', import.meta.url);

export const recorded = JSON.parse(readFileSync(new URL('index.json', DIRECTORY), 'utf8')) as Index;

/** Recorded samples by name. */
export function samples(file: 'transforms' | 'byte_transforms' | 'resized'): Map<string, Float32Array> {
  const bytes = new Uint8Array(readFileSync(new URL(`${file}.safetensors`, DIRECTORY)));
  const { tensors, dataOffset } = parseHeader(bytes, bytes.length, file);
  return new Map(
    [...tensors.values()].map((entry) => [
      entry.name,
      decode(entry, bytes.subarray(dataOffset + entry.begin, dataOffset + entry.end)),
    ]),
  );
}

/** The seeded map [height,width] that a record names. */
export function seededMap(name: string, width: number, height: number): Float32Array {
  return seededInput(name, height, width).subarray(0, height * width);
}
