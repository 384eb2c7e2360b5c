import type { StageRecord } from './recordings.js';

/** Distance of a stage from the published code, in units of the recorded range. */
export interface StageError {
  readonly stage: string;
  readonly max: number;
  readonly mean: number;
}

/**
 * Compares the recorded samples of a stage with what a run gave. Decoder paths are recorded after the resize that ends
 * a fusion block upstream.
 */
export function compareStage(
  stage: string,
  record: StageRecord,
  samples: Float32Array,
  values: Float32Array,
  shape: readonly number[],
): StageError {
  const full = stage.startsWith('path') ? resizeAlignCorners(values, shape, record.shape) : Float64Array.from(values);
  const size = record.shape.reduce((n, d) => n * d, 1);
  if (full.length !== size) throw new Error(`${stage} is [${shape.join()}], recorded [${record.shape.join()}]`);
  if (samples.length !== Math.ceil(size / record.stride))
    throw new Error(`${stage} has ${samples.length} samples for ${size} values`);
  const range = record.max - record.min;
  if (!(range > 0)) throw new Error(`${stage} was recorded constant`);
  let max = 0;
  let sum = 0;
  samples.forEach((expected, i) => {
    const actual = full[i * record.stride] as number;
    const error = Number.isFinite(actual) ? Math.abs(actual - expected) / range : Infinity;
    max = Math.max(max, error);
    sum += error;
  });
  return { stage, max, mean: sum / samples.length };
}

/** Bilinear resize of map[h,w,C] to [H,W,C] with align_corners = true, in f64. */
function resizeAlignCorners(map: Float32Array, [h, w, C]: readonly number[], [H, W]: readonly number[]): Float64Array {
  const [sh, sw, channels, th, tw] = [h, w, C, H, W] as [number, number, number, number, number];
  const out = new Float64Array(th * tw * channels);
  for (let y = 0; y < th; y++) {
    const sy = th > 1 ? (y * (sh - 1)) / (th - 1) : 0;
    const y0 = Math.floor(sy);
    const y1 = Math.min(y0 + 1, sh - 1);
    for (let x = 0; x < tw; x++) {
      const sx = tw > 1 ? (x * (sw - 1)) / (tw - 1) : 0;
      const x0 = Math.floor(sx);
      const x1 = Math.min(x0 + 1, sw - 1);
      for (let c = 0; c < channels; c++) {
        const at = (yy: number, xx: number) => map[(yy * sw + xx) * channels + c] as number;
        const top = at(y0, x0) * (1 - sx + x0) + at(y0, x1) * (sx - x0);
        const bottom = at(y1, x0) * (1 - sx + x0) + at(y1, x1) * (sx - x0);
        out[(y * tw + x) * channels + c] = top * (1 - sy + y0) + bottom * (sy - y0);
      }
    }
  }
  return out;
}
