import type { PngImage } from '../depth/formats/png.js';

/** From this on the authors of Depth Anything 3 take a pixel for sky. */
const SKY = 0.5;

/** White where there is sky, black elsewhere. */
export function skyPicture(sky: Float32Array, width: number, height: number): PngImage {
  return { width, height, channels: 1, data: Uint8Array.from(sky, (value) => (value >= SKY ? 255 : 0)) };
}

/** Lighter where the network is surer: the logarithm of what confidence has above 1, from its least to its most. */
export function confidencePicture(confidence: Float32Array, width: number, height: number): PngImage {
  const logs = confidence.map((value) => Math.log(Math.max(value - 1, Number.MIN_VALUE)));
  const [min, max] = logs.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  const scale = max > min ? 255 / (max - min) : 0;
  return { width, height, channels: 1, data: Uint8Array.from(logs, (value) => Math.round(scale * (value - min))) };
}
