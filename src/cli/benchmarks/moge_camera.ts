import type { RawTruth } from './truth_scene.js';

/** A 3×3 matrix, row-major. */
type Matrix = readonly number[];
type Vector = readonly [number, number, number];

/** How a picture is seen by a camera that looks straight ahead: first resized, then turned. */
export interface Camera {
  readonly width: number;
  readonly height: number;
  /** The picture is resized to this first, so that its pixels are about as large as those of the camera. */
  readonly resized: { readonly width: number; readonly height: number };
  /** Place in the resized picture, in pixels from the centre of the first, of a pixel of the camera. */
  place(x: number, y: number): [number, number];
  /** Distance over depth at a pixel of the resized picture. */
  distance(u: number, v: number): number;
  /** Distance over depth at a pixel of the camera. */
  rayLength(x: number, y: number): number;
}

/**
 * The camera that the evaluation of MoGe looks through: at the middle of the picture, with the aspect and size of the
 * benchmark, and the widest view that stays inside of the picture. moge/test/dataloader.py at 0744441.
 * @param intrinsics normalised 3×3, for coordinates 0 to 1
 */
export function cameraOf(
  intrinsics: Matrix,
  { width, height }: { readonly width: number; readonly height: number },
): Camera {
  const inverse = inverted(intrinsics);
  const rotation = turnForward(applied(inverse, [0.5, 0.5, 1]));
  const [horizontal, vertical] = viewInside(intrinsics, times(rotation, inverse), width / height);
  const [fullWidth, fullHeight] = [Math.abs(1 / intrinsics[0]!), Math.abs(1 / intrinsics[4]!)];
  const resized = {
    width: Math.trunc((fullWidth / horizontal) * width),
    height: Math.trunc((fullHeight / vertical) * height),
  };
  const own: Matrix = [horizontal, 0, -horizontal / 2, 0, vertical, -vertical / 2, 0, 0, 1];
  const toPicture = times(times(intrinsics, inverted(rotation)), own);
  return {
    width,
    height,
    resized,
    place: (x, y) => {
      const [a, b, c] = applied(toPicture, [(x + 0.5) / width, (y + 0.5) / height, 1]);
      return [(a / c) * resized.width - 0.5, (b / c) * resized.height - 0.5];
    },
    distance: (u, v) => length(applied(inverse, [(u + 0.5) / resized.width, (v + 0.5) / resized.height, 1])),
    rayLength: (x, y) => length(applied(own, [(x + 0.5) / width, (y + 0.5) / height, 1])),
  };
}

/** The widest view of an aspect that stays inside of the picture: extents at depth 1. */
function viewInside(intrinsics: Matrix, toView: Matrix, aspect: number): [number, number] {
  const [full, tall] = [Math.abs(1 / intrinsics[0]!), Math.abs(1 / intrinsics[4]!)];
  const corners = [
    [0, 0],
    [0, 1],
    [1, 1],
    [1, 0],
  ].map(([u, v]) => {
    const [x, y, z] = applied(toView, [u!, v!, 1]);
    return [x / z, y / z] as const;
  });
  let [horizontal, vertical] = [full, tall];
  for (const [i, [x, y]] of corners.entries()) {
    const [px, py] = corners.at(i - 1)!;
    const [ex, ey] = [x - px, y - py];
    for (const slope of [1, -1]) {
      // Where the diagonal (aspect, slope) meets the edge.
      const t = -(aspect * py - slope * px) / (aspect * ey - slope * ex);
      horizontal = Math.min(horizontal, 2 * Math.abs(px + t * ex));
      vertical = Math.min(vertical, 2 * Math.abs(py + t * ey));
    }
  }
  const wanted = Math.min(full, tall * aspect);
  return [Math.min(wanted, horizontal), Math.min(wanted / aspect, vertical)];
}

/** Depth as the camera sees it; NaN where it is not known. */
export function seenDepth(raw: RawTruth, camera: Camera): Float64Array {
  const { width, height, resized } = camera;
  const near = resizeKnown(raw, resized);
  const seen = new Float64Array(width * height).fill(NaN);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [u, v] = camera.place(x, y).map(roundEven) as [number, number];
      if (!(u >= 0 && u < resized.width && v >= 0 && v < resized.height)) continue;
      const depth = near[v * resized.width + u] as number;
      seen[y * width + x] = (depth * camera.distance(u, v)) / camera.rayLength(x, y);
    }
  return seen;
}

/**
 * Nearest resampling of a sparse map: of the known pixels around one of the result, the nearest to its middle; at least
 * the one that it lies in. NaN stands for not known. `masked_nearest_resize` of utils3d at 3fab839, which MoGe asks
 * for.
 */
function resizeKnown(
  { width, height, data }: RawTruth,
  size: { readonly width: number; readonly height: number },
): Float64Array {
  const [wide, high] = [Math.max(1, width / size.width), Math.max(1, height / size.height)];
  const result = new Float64Array(size.width * size.height).fill(NaN);
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) {
      const [middleX, middleY] = [((x + 0.5) * width) / size.width, ((y + 0.5) * height) / size.height];
      const [left, top] = [roundEven(middleX - wide / 2), roundEven(middleY - high / 2)];
      let least = Infinity;
      for (let j = Math.max(0, top); j < Math.min(height, top + Math.ceil(high)); j++)
        for (let i = Math.max(0, left); i < Math.min(width, left + Math.ceil(wide)); i++) {
          const value = data[j * width + i] as number;
          const distance = (j + 0.5 - middleY) ** 2 + (i + 0.5 - middleX) ** 2;
          if (Number.isNaN(value) || !(distance < least)) continue;
          least = distance;
          result[y * size.width + x] = value;
        }
    }
  return result;
}

/** A picture RGBA [height,width,4] as the camera sees it, linearly between pixels; black outside. */
export function seenPicture(resized: Uint8Array, camera: Camera): Uint8Array<ArrayBuffer> {
  const seen = new Uint8Array(4 * camera.width * camera.height);
  const { width, height } = camera.resized;
  for (let y = 0; y < camera.height; y++)
    for (let x = 0; x < camera.width; x++) {
      const [u, v] = camera.place(x, y);
      const [left, top] = [Math.floor(u), Math.floor(v)];
      for (let c = 0; c < 3; c++) {
        const at = (i: number, j: number) =>
          i >= 0 && i < width && j >= 0 && j < height ? (resized[4 * (j * width + i) + c] as number) : 0;
        const above = at(left, top) * (left + 1 - u) + at(left + 1, top) * (u - left);
        const below = at(left, top + 1) * (left + 1 - u) + at(left + 1, top + 1) * (u - left);
        seen[4 * (y * camera.width + x) + c] = Math.round(above * (top + 1 - v) + below * (v - top));
      }
      seen[4 * (y * camera.width + x) + 3] = 255;
    }
  return seen;
}

/** The least rotation that takes a direction to the axis (0, 0, 1). */
function turnForward(direction: Vector): Matrix {
  const [x, y, z] = direction.map((each) => each / length(direction)) as unknown as Vector;
  const skew: Matrix = [0, 0, -x, 0, 0, -y, x, y, 0];
  const squared = times(skew, skew);
  return skew.map((each, i) => (i % 4 === 0 ? 1 : 0) + each + squared[i]! / (1 + z));
}

function times(a: Matrix, b: Matrix): Matrix {
  return Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [i - (i % 3), i % 3];
    return a[row]! * b[column]! + a[row + 1]! * b[column + 3]! + a[row + 2]! * b[column + 6]!;
  });
}

function applied(m: Matrix, [x, y, z]: Vector): Vector {
  const at = (row: number) => m[row]! * x + m[row + 1]! * y + m[row + 2]! * z;
  return [at(0), at(3), at(6)];
}

/** By cofactors. */
function inverted(m: Matrix): Matrix {
  const minor = (i: number, j: number) => {
    const [r1, r2] = [((i + 1) % 3) * 3, ((i + 2) % 3) * 3];
    const [c1, c2] = [(j + 1) % 3, (j + 2) % 3];
    return m[r1 + c1]! * m[r2 + c2]! - m[r1 + c2]! * m[r2 + c1]!;
  };
  const determinant = m[0]! * minor(0, 0) + m[1]! * minor(0, 1) + m[2]! * minor(0, 2);
  return Array.from({ length: 9 }, (_, k) => minor(k % 3, Math.floor(k / 3)) / determinant);
}

function length([x, y, z]: Vector): number {
  return Math.sqrt(x * x + y * y + z * z);
}

/** To the nearest whole number, halves to the even one, as numpy and OpenCV round. */
function roundEven(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}
