import type { DepthRange } from '../../depth/depth_map.js';
import { FrameReader } from '../../node/video/frame_reader.js';
import type { Clip } from '../../node/video/probe.js';
import type { DepthModel, EstimateOptions } from '../../runtime/depth_model.js';

/** What the values of a whole video span, in the unit of its maps. */
export type ClipRange = Omit<DepthRange, 'nonFinite'>;

/** Frames that are looked at, at most. */
const LOOKS = 16;
/** Of longer videos only frames that stand alone are looked at, as the others take all of it to be decoded. */
const MANY_FRAMES = 600;

/**
 * The range of a video, from the depth of a few frames that lie evenly in it: so its colours hold still, and no second
 * pass is needed. It spans the ranges of all of them.
 * @throws as `FrameReader.frames` and `DepthModel.estimate`
 */
export async function lookAtRange(model: DepthModel, clip: Clip, options: EstimateOptions): Promise<ClipRange> {
  const { signal } = options;
  const { select, keyFrames } = spread(clip);
  let range: ClipRange = { min: Infinity, max: -Infinity, low: Infinity, high: -Infinity };
  let looks = 0;
  for await (const frame of new FrameReader(clip, { select, keyFrames, ...(signal && { signal }) }).frames()) {
    using depth = await model.estimate(frame, options);
    const { min, max, low, high } = await depth.range();
    range = {
      min: Math.min(range.min, min),
      max: Math.max(range.max, max),
      low: Math.min(range.low, low),
      high: Math.max(range.high, high),
    };
    if (++looks === LOOKS) break;
  }
  return range;
}

/** Frames that lie evenly: by their number, or in a long video by their time. */
function spread({ frames, duration }: Clip): { readonly select: string; readonly keyFrames: boolean } {
  if (frames <= MANY_FRAMES) return { select: `not(mod(n,${Math.ceil(frames / LOOKS) || 1}))`, keyFrames: false };
  return { select: `isnan(prev_selected_t)+gte(t-prev_selected_t,${duration / LOOKS})`, keyFrames: true };
}
