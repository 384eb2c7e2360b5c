import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { checkNumber } from './lens.js';
import type { DepthScene } from './scene.js';

/** Where a scene is seen from. All are 0, and zoom 1, unless given: then it is the picture itself. */
export interface Camera {
  /** Degrees that the camera goes round the scene to the right, looking at the pivot. */
  readonly yaw?: number;
  /** Degrees that the camera goes round the scene upward. */
  readonly pitch?: number;
  /** How many times larger things are. */
  readonly zoom?: number;
  /** How far the camera is moved, in units of the scene. */
  readonly right?: number;
  readonly up?: number;
  readonly forward?: number;
  /** Distance of the point that yaw and pitch go round; halfway in inverse depth from near to far unless given. */
  readonly pivot?: number;
  /**
   * Distance that stays where it is on the screen when the camera moves right or up, as in a window: parallax. Without
   * it, what is infinitely far stays.
   */
  readonly converge?: number;
}

const CAMERA: OptionTable<Camera> = {
  yaw: null,
  pitch: null,
  zoom: null,
  right: null,
  up: null,
  forward: null,
  pivot: null,
  converge: null,
};

/** @throws UsageError `OPTION_UNKNOWN`, `OPTION_VALUE` for what is no number; `converge` and `pivot` may be infinite */
export function checkCamera(camera: Camera): void {
  checkOptions(camera, CAMERA, 'run');
  for (const [name, value] of Object.entries(camera) as [string, number | undefined][])
    if (value !== undefined) checkNumber(name, value, -Infinity, Infinity);
}

/**
 * Writes the matrix, by columns, that takes (u, v, 1, 1/z) of the picture to the clip space of a target: x right and y
 * up, depth 1 where something is as near as it may be and 0 at infinity.
 * @param aspect width over height of the target; the whole picture is seen
 */
export function writeMatrix(out: Float32Array, scene: DepthScene, camera: Camera, aspect: number): void {
  const { yaw = 0, pitch = 0, zoom = 1, right = 0, up = 0, forward = 0, converge = Infinity } = camera;
  const { pivot = 2 / (1 / scene.near + 1 / scene.far) } = camera;
  const cy = Math.cos(yaw * RADIANS);
  const sy = Math.sin(yaw * RADIANS);
  const cp = Math.cos(pitch * RADIANS);
  const sp = Math.sin(pitch * RADIANS);
  // Axes x right, y down, z forward. A camera that goes right sees the scene turned to its left about the pivot.
  ROWS[0] = cy;
  ROWS[1] = 0;
  ROWS[2] = sy;
  ROWS[4] = -sp * sy;
  ROWS[5] = cp;
  ROWS[6] = sp * cy;
  ROWS[8] = -cp * sy;
  ROWS[9] = -sp;
  ROWS[10] = cp * cy;
  // R·(P - pivot) + pivot - moved, as the factor of 1/z.
  ROWS[3] = -ROWS[2] * pivot - right;
  ROWS[7] = -ROWS[6] * pivot + up;
  ROWS[11] = pivot - ROWS[10] * pivot - forward;
  const own = scene.width / scene.height;
  const focal = (2 * zoom * scene.lens.focalLength) / scene.width;
  const fx = focal * Math.min(1, own / aspect);
  const fy = focal * Math.min(own, aspect);
  for (let column = 0; column < 4; column++) {
    const z = ROWS[8 + column] as number;
    out[4 * column] = fx * ((ROWS[column] as number) + (right / converge) * z);
    out[4 * column + 1] = -fy * ((ROWS[4 + column] as number) - (up / converge) * z);
    out[4 * column + 2] = column === 3 ? scene.near * NEAREST : 0;
    out[4 * column + 3] = z;
  }
}

const RADIANS = Math.PI / 180;
/** Points nearer to the camera than this part of the scene's nearest distance are not drawn. */
const NEAREST = 0.02;
/** Rotation and shift, by rows; written anew for each matrix. */
const ROWS = new Float64Array(12) as unknown as number[];
