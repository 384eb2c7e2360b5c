/** Frames of a clip, and those beside the one at hand. */
const PLACES = 32;
export const OTHERS = PLACES - 1;
/** Of them, the newest, each frame before the one at hand. */
const NEWEST = PLACES - 3;
/** A frame so much older than the one at hand is seen once more, after it was left out for some. */
export const RECALLED = 41;
/** Slots of the first frame of all, and of the one that is seen once more; those of the newest follow. */
const FIRST = 0;
export const RECALL_SLOT = 1;

/**
 * Which frames the frame t of a stream sees before itself, in the order of their places: the first one, the one 41
 * frames ago, and the last 29; the first one in place of those before it. The first frame sees none.
 * DepthAnything/Video-Depth-Anything video_depth_stream.py.
 */
export function framesSeen(t: number): number[] {
  if (t === 0) return [];
  const newest = Array.from({ length: NEWEST }, (_, i) => t - NEWEST + i);
  return [0, t - RECALLED, ...newest].map((frame) => Math.max(frame, 0));
}

/** The slot of frame t among the newest: it takes that of the frame 29 before it. */
export function slotOf(t: number): number {
  return t === 0 ? FIRST : RECALL_SLOT + 1 + ((t - 1) % NEWEST);
}

/** The frame that goes when frame t comes, and comes back 41 frames after its own time; undefined while none goes. */
export function frameLeft(t: number): number | undefined {
  return t > NEWEST ? t - NEWEST : undefined;
}

/** The table of frame t, as `frames_past.wgsl` reads it. */
export function frameTable(t: number): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(4 + PLACES);
  const seen = framesSeen(t);
  table.set([seen.length, seen.length]);
  table.set(
    seen.map((frame, place) => (place === 1 && frame > 0 ? RECALL_SLOT : slotOf(frame))),
    4,
  );
  return table;
}
