// Which frames a window of a clip holds, and where: DepthAnything/Video-Depth-Anything video_depth.py.

/** Frames of a window, and those by which each window is later than the one before. */
export const WINDOW = 32;
export const STEP = 22;
/** Positions of a window whose frames the next one begins with. Its own first frame is always the clip's. */
const HANDED_ON = [0, 12, 24, 25, 26, 27, 28, 29, 30, 31];
/** Positions from which on the frames of a window but the first are new. */
export const INHERITED = HANDED_ON.length;
/** Positions whose maps, in one window, and in the next, are those of two frames they have in common. */
export const ANCHORS = { here: [0, 12], next: [0, 1] } as const;
/** The maps of a window from this position on are blended with those of the next one from its position 2 on. */
export const BLENDED_FROM = 24;
export const BLENDED_AT = ANCHORS.next.length;

/** The slots of each position of a window: those of frames that it inherits, then the others. */
export function nextSlots(last?: readonly number[]): number[] {
  const all = Array.from({ length: WINDOW }, (_, slot) => slot);
  if (!last) return all;
  const kept = HANDED_ON.map((position) => last[position] as number);
  return [...kept, ...all.filter((slot) => !kept.includes(slot))];
}

/** The part that the new map has in the map of a frame that two windows share, at a position of the second. */
export function partOf(position: number): number {
  return Math.min((position - BLENDED_AT) / (INHERITED - BLENDED_AT - 1), 1);
}

/** Scale and shift that lay maps onto others by least squares, in f64. */
export function lineOnto(maps: readonly Float32Array[], onto: readonly Float32Array[]): readonly [number, number] {
  const mean = (of: readonly Float32Array[]) =>
    of.reduce((sum, map) => sum + map.reduce((total, value) => total + value, 0), 0) /
    of.reduce((count, { length }) => count + length, 0);
  const [x, y] = [mean(maps), mean(onto)];
  let [spread, common] = [0, 0];
  maps.forEach((map, k) =>
    map.forEach((value, i) => {
      spread += (value - x) ** 2;
      common += (value - x) * ((onto[k]?.[i] as number) - y);
    }),
  );
  const scale = common / spread;
  // Of a flat map the published code leaves what it is.
  return spread > 0 ? [scale, y - scale * x] : [1, 0];
}
