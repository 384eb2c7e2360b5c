import { knownDepth } from '../../eval/benchmark_scores.js';
import type { Protocol } from '../../eval/protocols.js';
import { DepthFileError } from '../../errors.js';
import type { Size } from '../../image/size.js';
import type { Picture } from '../../node/image_file.js';
import { cropMap, cropPicture, type Scene } from './sample.js';

/** A map of depth as a file holds it. */
export interface RawTruth {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
  /** 1 where the data set says that the depth is valid. */
  readonly mask?: Float64Array;
}

/**
 * A picture with its true depth, both cut as the protocol has it.
 * @throws DepthFileError EVAL_SIZE where their sizes differ, EVAL_TRUTH where fewer than two pixels are known
 */
export function sceneOf(picture: Picture, raw: RawTruth, protocol: Protocol, source: string): Scene {
  const seen = cropPicture(picture, protocol.pictureCrop);
  const crop = protocol.truthCrop ?? protocol.pictureCrop;
  const { data: depth, ...size } = cropMap(raw, crop);
  requireSameSize(size, seen, source);
  const mask = raw.mask && cropMap({ ...raw, data: raw.mask }, crop).data;
  const truth = knownDepth({ ...size, depth }, protocol, mask);
  requireKnown(truth.known, source);
  return { picture: seen, truth };
}

/** @throws DepthFileError EVAL_SIZE */
export function requireSameSize(depth: Size, picture: Size, source: string): void {
  if (depth.width === picture.width && depth.height === picture.height) return;
  const what = `is ${depth.width}x${depth.height}, and its picture ${picture.width}x${picture.height}`;
  throw new DepthFileError('EVAL_SIZE', `${source}: ${what}.`, {
    source,
    expected: [picture.width, picture.height],
    actual: [depth.width, depth.height],
    phase: 'read',
  });
}

/** @throws DepthFileError EVAL_TRUTH */
export function requireKnown(known: Uint8Array, source: string): void {
  const count = known.reduce((sum, each) => sum + each, 0);
  if (count >= 2) return;
  throw new DepthFileError('EVAL_TRUTH', `${source}: has ${count} known pixels under the protocol; 2 are the least.`, {
    source,
    expected: 2,
    actual: count,
    phase: 'read',
  });
}
