import type { ModelName } from 'depthwise';
import { durationText } from './value_text.js';

/** Downloads in 10⁶ bytes: the lengths of files, or the sums of their tensors. */
export const MEGABYTES: Readonly<Record<ModelName, number>> = {
  'depth-anything-v2-small': 99.2,
  'depth-anything-v2-base': 390,
  'depth-anything-v2-large': 1341,
  'depth-anything-v1-small': 99.2,
  'depth-anything-v1-base': 390,
  'depth-anything-v1-large': 1341,
  'depth-anything-v2-metric-indoor-small': 99.2,
  'depth-anything-v2-metric-indoor-base': 390,
  'depth-anything-v2-metric-indoor-large': 1341,
  'depth-anything-v2-metric-outdoor-small': 99.2,
  'depth-anything-v2-metric-outdoor-base': 390,
  'depth-anything-v2-metric-outdoor-large': 1341,
  'depth-anything-3-small': 137,
  'depth-anything-3-base': 542,
  'depth-anything-3-mono-large': 1337,
  'depth-anything-3-metric-large': 1337,
  'distill-any-depth-small': 99.2,
  'distill-any-depth-base': 390,
  'distill-any-depth-large': 1341,
  'video-depth-anything-small': 116,
  'metric-video-depth-anything-small': 116,
  'zoedepth-n': 1443,
  'zoedepth-k': 1443,
  'zoedepth-nk': 1448,
  'dpt-beit-large-512': 1582,
  'dpt-beit-large-384': 1441,
  'dpt-beit-base-384': 478,
  'dpt-swin2-large-384': 880,
  'dpt-swin2-base-384': 436,
  'dpt-swin2-tiny-256': 172,
  'dpt-swin-large-384': 867,
  'dpt-next-vit-large-384': 289,
  'dpt-levit-224': 204,
  'dpt-large': 1376,
  'dpt-hybrid': 493,
  'midas-v2.1-large': 422,
  'midas-v2.0-large': 422,
  'midas-v2.1-small': 85.6,
  nano: 3,
};

/** Where times are kept on this device, in milliseconds by the name of the model. */
const KEY = 'depthwise-times';

/** The size of a model's weights, and how long it took on this device, in words. */
export function describeFacts(name: ModelName): string {
  const size = MEGABYTES[name];
  const time = readTimes()[name];
  const words = [`${size < 100 ? size.toFixed(1) : size.toLocaleString('en')} MB`];
  words.push(time === undefined ? 'not timed here yet' : `took ${durationText(time)} here the last time`);
  return words.join(', ');
}

/** Keeps how long an estimate took. A browser that keeps nothing is left alone. */
export function noteTime(name: string, milliseconds: number): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...readTimes(), [name]: Math.round(milliseconds) }));
  } catch {
    // Storage that is full or forbidden.
  }
}

function readTimes(): Partial<Record<string, number>> {
  try {
    const times: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    const pairs = Object.entries(times ?? {}).filter(([, time]) => Number.isFinite(time));
    return Object.fromEntries(pairs);
  } catch {
    return {};
  }
}
