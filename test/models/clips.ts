import { readFileSync } from 'node:fs';
import { compareMaps } from '../../truth/compare_maps.js';
import { recordedStages } from '../../truth/recordings.js';
import { seededCheckpoint, seededPicture } from '../../truth/seeded_weights.js';
import { loadDepthModel, type DepthModel } from '../../src/index.js';
import { checkpointTensors } from './fixtures.js';

const DIRECTORY = new URL('../fixtures/video/', import.meta.url);
const CHECKPOINT = 'video-depth-anything-small';

/** What was recorded of a clip by the published code. */
export interface ClipRecord {
  readonly input: string;
  readonly width: number;
  readonly height: number;
  readonly side: number;
  readonly frames: number;
  readonly stride: number;
  readonly ranges: readonly (readonly [number, number])[];
}

/** A picture as `estimate` takes it. */
export interface Frame {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

/** A recorded clip, by name. */
export function clipRecord(name: string): ClipRecord {
  return (JSON.parse(readFileSync(new URL('index.json', DIRECTORY), 'utf8')) as Record<string, ClipRecord>)[name]!;
}

/** Frame t of a recorded clip. */
export function clipFrame({ input, width, height }: ClipRecord, t: number): Frame {
  return { data: seededPicture(`${input} ${t}`, height, width), width, height, channels: 3 };
}

/** The frames of a recorded clip from the first on. */
export async function* clipFrames(record: ClipRecord, count = record.frames): AsyncGenerator<Frame> {
  for (let t = 0; t < count; t++) yield clipFrame(record, t);
}

/** Frames of a list, one at a time. */
export async function* listed<T>(frames: readonly T[]): AsyncGenerator<T> {
  yield* frames;
}

/** Video Depth Anything with the weights of the recordings. */
export function seededVideoModel(
  device: GPUDevice,
  precision: 'auto' | 'f32' | 'f16',
  model = 'video-depth-anything-small',
): Promise<DepthModel> {
  const weights = seededCheckpoint(checkpointTensors(CHECKPOINT)) as Uint8Array<ArrayBuffer>;
  return loadDepthModel(weights, { device, precision, model, acceptLicense: true });
}

/** Distance of map t of a recorded clip, in units of the range of what was recorded. */
export function clipErrors(name: string): (t: number, map: Float32Array) => { max: number; mean: number } {
  const { stride, ranges, frames } = clipRecord(name);
  const file = new Uint8Array(readFileSync(new URL(`${CHECKPOINT}.safetensors`, DIRECTORY)));
  const samples = recordedStages(file, CHECKPOINT).get(name)!;
  const each = samples.length / frames;
  return (t, map) => {
    const kept = map.filter((_, i) => i % stride === 0);
    const { max, mean } = compareMaps(kept, samples.subarray(t * each, (t + 1) * each));
    const recorded = samples.subarray(t * each, (t + 1) * each);
    const spread = recorded.reduce((top, v) => Math.max(top, v)) - recorded.reduce((low, v) => Math.min(low, v));
    const [low, high] = ranges[t]!;
    return { max: (max * spread) / (high - low), mean: (mean * spread) / (high - low) };
  };
}
