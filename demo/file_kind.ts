/** What a file is for the page. */
export type FileKind = 'weights' | 'index' | 'video' | 'picture';

type Start = readonly [at: number, bytes: readonly number[]];

/** How files of weights begin: a zip archive and a pickle, as torch.save writes them, and a safetensors header. */
const WEIGHTS: readonly Start[] = [
  [0, [0x50, 0x4b, 0x03, 0x04]],
  [0, [0x80, 0x02]],
  // A header's length is below 2³² bytes; then comes its JSON.
  [4, [0, 0, 0, 0, 0x7b]],
];
/** How WebM and Matroska, Ogg and AVI begin. */
const VIDEOS: readonly Start[] = [
  [0, [0x1a, 0x45, 0xdf, 0xa3]],
  [0, [0x4f, 0x67, 0x67, 0x53]],
  [8, [0x41, 0x56, 0x49, 0x20]],
];
/** MP4 and its kin, which pictures are among: those name a brand of theirs. */
const MP4: Start = [4, [0x66, 0x74, 0x79, 0x70]];
const PICTURE_BRAND = /^(?:avi[fs]|hei[cfmsx]|hev[cmsx]|mif1|msf1)/;
const START = 16;
/** Longest index of weights in several files, in bytes; JSON that is longer is none. */
const MAX_INDEX_BYTES = 2 ** 22;

/** What a file is, by its bytes: its name and its type may say anything. What else is left may be a picture. */
export async function kindOf(file: Blob): Promise<FileKind> {
  const start = new Uint8Array(await file.slice(0, START).arrayBuffer());
  const begins = ([at, bytes]: Start) => bytes.every((byte, i) => start[at + i] === byte);
  if (WEIGHTS.some(begins)) return 'weights';
  if (begins([0, [0x7b]]) && file.size <= MAX_INDEX_BYTES && (await file.text()).includes('"weight_map"'))
    return 'index';
  const brand = String.fromCharCode(...start.subarray(8, 12));
  return VIDEOS.some(begins) || (begins(MP4) && !PICTURE_BRAND.test(brand)) ? 'video' : 'picture';
}
