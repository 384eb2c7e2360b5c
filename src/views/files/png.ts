import { parts } from '../../parts.js';
import type { Rendered } from '../rendering.js';

/**
 * A rendered view, or normals, as an 8-bit PNG file, without its alpha.
 * @param text chunks of text by their keywords, ASCII
 * @example
 * ```ts
 * import { createScene, encodePicture, readNormals } from 'depthwise/views';
 *
 * const file = await encodePicture(await readNormals(await createScene(depth, image)));
 * ```
 */
export async function encodePicture(
  { data, width, height }: Rendered,
  text: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { encodePng } = await parts.rare();
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < rgb.length; from += 4) for (let c = 0; c < 3; c++) rgb[to++] = data[from + c]!;
  return (await encodePng({ width, height, channels: 3, data: rgb }, text)) as Uint8Array<ArrayBuffer>;
}
