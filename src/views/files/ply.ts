import type { GeometryData } from '../geometry.js';

/** Bytes of a point: three floats and three bytes. */
const POINT_BYTES = 15;

/**
 * The points of a scene as a binary PLY file: positions f32 and colours u8, sRGB as is the custom. y is up, and the
 * camera looks along -z.
 * @example
 * ```ts
 * import { createGeometry, createScene, encodePly } from 'depthwise/views';
 *
 * const geometry = await createGeometry(await createScene(depth, image));
 * const file = new Blob([encodePly(await geometry.read())]);
 * ```
 */
export function encodePly({ positions, colors }: Pick<GeometryData, 'positions' | 'colors'>): Uint8Array<ArrayBuffer> {
  const points = positions.length / 3;
  const properties = ['float x', 'float y', 'float z', 'uchar red', 'uchar green', 'uchar blue'];
  const header = new TextEncoder().encode(
    `ply\nformat binary_little_endian 1.0\nelement vertex ${points}\n` +
      `${properties.map((property) => `property ${property}\n`).join('')}end_header\n`,
  );
  const file = new Uint8Array(header.length + POINT_BYTES * points);
  file.set(header);
  const view = new DataView(file.buffer, header.length);
  for (let i = 0, at = 0; i < points; i++, at += POINT_BYTES) {
    for (let c = 0; c < 3; c++) {
      view.setFloat32(at + 4 * c, positions[3 * i + c]!, true);
      view.setUint8(at + 12 + c, colors[4 * i + c]!);
    }
  }
  return file;
}
