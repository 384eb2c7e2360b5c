/** Bytes in which a JPEG says how its colours are stored: metadata before that is in segments of at most 64 KiB. */
const HEAD = 2 ** 20;
const START = [0xff, 0xd8];
/** An APP0 segment: version 1.1, square pixels, no thumbnail. */
const JFIF = [0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
/** Names of components that are stored as they are. */
const RGB = 'RGB';

/**
 * A JPEG that does not begin with a JFIF header, as those of cameras, with one; undefined for everything else, and
 * where the header would change colours: it says that they are Y, Cb and Cr. Format: ITU-T T.871.
 */
export async function withJfif(picture: Blob): Promise<Blob | undefined> {
  const head = new Uint8Array(await picture.slice(0, HEAD).arrayBuffer());
  const isJpeg = head[0] === START[0] && head[1] === START[1];
  if (!isJpeg || head[3] === JFIF[1] || !storesLuma(head)) return undefined;
  return new Blob([Uint8Array.of(...START, ...JFIF), picture.slice(2)], { type: picture.type });
}

/** Whether decoders take the components for Y, Cb and Cr without a JFIF header too, as libjpeg does. */
function storesLuma(head: Uint8Array): boolean {
  let luma = true;
  for (let at = 2; at + 4 <= head.length && head[at] === 0xff; at += 2 + head[at + 2]! * 256 + head[at + 3]!) {
    const marker = head[at + 1]!;
    const text = (from: number, ...each: number[]) => String.fromCharCode(...each.map((i) => head[at + from + i] ?? 0));
    if (marker === 0xee && text(4, 0, 1, 2, 3, 4) === 'Adobe' && head[at + 15] === 0) luma = false;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return luma && text(10, 0, 3, 6) !== RGB;
  }
  return false;
}
