import { knownDepth } from '../../eval/benchmark_scores.js';
import type { DepthTruth } from '../../eval/depth_truth.js';
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
  requireSize(raw, protocol, source);
  const seen = cropPicture(picture, protocol.pictureCrop);
  const crop = protocol.truthCrop ?? protocol.pictureCrop;
  const { data: depth, ...size } = cropMap(raw, crop);
  requireSameSize(size, seen, source);
  const mask = raw.mask && cropMap({ ...raw, data: raw.mask }, crop).data;
  const truth = knownDepth({ ...size, depth }, protocol, mask);
  requireKnown(truth, protocol, source);
  return { picture: seen, truth };
}

/** Crops in pixels are for pictures of one size: of others they would cut another part. @throws EVAL_SIZE */
function requireSize({ width, height }: Size, { size, leastSize: least }: Protocol, source: string): void {
  const wanted = size ?? least;
  if (!wanted || (size ? width === size.width && height === size.height : fits(wanted, { width, height }))) return;
  const cut = `${size ? '' : 'at least '}${wanted.width}x${wanted.height}`;
  const what = `is ${width}x${height}, and the protocol cuts ${cut}`;
  throw new DepthFileError('EVAL_SIZE', `${source}: ${what}.`, {
    source,
    expected: [wanted.width, wanted.height],
    actual: [width, height],
    phase: 'read',
  });
}

function fits(least: Size, { width, height }: Size): boolean {
  return width >= least.width && height >= least.height;
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

/** @throws DepthFileError EVAL_TRUTH for fewer than two known pixels, and for a picture whose pixels are all as far */
export function requireKnown({ known, depth }: DepthTruth, { perClip }: Protocol, source: string): void {
  const count = known.reduce((sum, each) => sum + each, 0);
  const first = depth[known.indexOf(1)];
  // A line through one value fits it whatever the estimate; the frames of a clip share theirs.
  const differ = perClip || known.some((each, i) => each && depth[i] !== first);
  if (count >= 2 && differ) return;
  const what = count < 2 ? '2 are the least' : 'they do not differ in depth';
  throw new DepthFileError('EVAL_TRUTH', `${source}: has ${count} known pixels under the protocol; ${what}.`, {
    source,
    expected: 2,
    actual: Math.min(count, 1),
    phase: 'read',
  });
}
