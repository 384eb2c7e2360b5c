import type { RawTruth } from './truth_scene.js';

/** A 3×3 matrix, row-major. */
type Matrix = readonly number[];
type Nine = [number, number, number, number, number, number, number, number, number];
type Vector = readonly [number, number, number];

/** How a picture is seen by a camera that looks straight ahead: first resized, then turned. */
export interface Camera {
  readonly width: number;
  readonly height: number;
  /** The picture is resized to this first, so that its pixels are about as large as those of the camera. */
  readonly resized: { readonly width: number; readonly height: number };
  /** Calls back with the place in the resized picture of every pixel, in pixels from the centre of the first. */
  eachPlace(visit: (i: number, u: number, v: number) => void): void;
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
    eachPlace: (visit) => {
      const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = toPicture as Nine;
      for (let y = 0, i = 0; y < height; y++)
        for (let x = 0; x < width; x++, i++) {
          const [p, q] = [(x + 0.5) / width, (y + 0.5) / height];
          const c = m6 * p + m7 * q + m8;
          const [u, v] = [(m0 * p + m1 * q + m2) / c, (m3 * p + m4 * q + m5) / c];
          visit(i, u * resized.width - 0.5, v * resized.height - 0.5);
        }
    },
    distance: (u, v) => reach(inverse, (u + 0.5) / resized.width, (v + 0.5) / resized.height),
    rayLength: (x, y) => reach(own, (x + 0.5) / width, (y + 0.5) / height),
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
  camera.eachPlace((i, atU, atV) => {
    const u = roundEven(atU);
    const v = roundEven(atV);
    if (!(u >= 0 && u < resized.width && v >= 0 && v < resized.height)) return;
    const depth = near[v * resized.width + u] as number;
    seen[i] = (depth * camera.distance(u, v)) / camera.rayLength(i % width, Math.floor(i / width));
  });
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
  const at = (i: number, j: number, c: number) =>
    i >= 0 && i < width && j >= 0 && j < height ? (resized[4 * (j * width + i) + c] as number) : 0;
  camera.eachPlace((i, u, v) => {
    const left = Math.floor(u);
    const top = Math.floor(v);
    for (let c = 0; c < 3; c++) {
      const above = at(left, top, c) * (left + 1 - u) + at(left + 1, top, c) * (u - left);
      const below = at(left, top + 1, c) * (left + 1 - u) + at(left + 1, top + 1, c) * (u - left);
      seen[4 * i + c] = Math.round(above * (top + 1 - v) + below * (v - top));
    }
    seen[4 * i + 3] = 255;
  });
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

/** Length of a matrix times (x, y, 1). */
function reach(m: Matrix, x: number, y: number): number {
  const a = m[0]! * x + m[1]! * y + m[2]!;
  const b = m[3]! * x + m[4]! * y + m[5]!;
  const c = m[6]! * x + m[7]! * y + m[8]!;
  return Math.sqrt(a * a + b * b + c * c);
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
