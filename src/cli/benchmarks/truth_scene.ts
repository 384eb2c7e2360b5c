import { knownDepth } from '../../eval/benchmark_scores.js';
import type { Protocol } from '../../eval/protocols.js';
import { DepthFileError } from '../../errors.js';
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
  if (size.width !== seen.width || size.height !== seen.height) {
    const expected = [seen.width, seen.height];
    const what = `is ${size.width}x${size.height}, and its picture ${seen.width}x${seen.height}`;
    throw new DepthFileError('EVAL_SIZE', `${source}: ${what}.`, {
      source,
      expected,
      actual: [size.width, size.height],
      phase: 'read',
    });
  }
  const mask = raw.mask && cropMap({ ...raw, data: raw.mask }, crop).data;
  const truth = knownDepth({ ...size, depth }, protocol, mask);
  requireKnown(truth.known, source);
  return { picture: seen, truth };
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
