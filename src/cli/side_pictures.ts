import type { PngImage } from '../depth/formats/png.js';

/** From this on the authors of Depth Anything 3 take a pixel for sky. */
const SKY = 0.5;

/** White where there is sky, black elsewhere. */
export function skyPicture(sky: Float32Array, width: number, height: number): PngImage {
  return { width, height, channels: 1, data: Uint8Array.from(sky, (value) => (value >= SKY ? 255 : 0)) };
}

/** Grey: white where the depth is sure, black where it is not at all. */
export function confidencePicture(confidence: Float32Array, width: number, height: number): PngImage {
  return { width, height, channels: 1, data: Uint8Array.from(confidence, (value) => Math.round(255 * value)) };
}
