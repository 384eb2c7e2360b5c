/** First bytes of the containers of video, as Latin-1 text. Brands of pictures and of sound alone are left out. */
const BEGINNINGS: readonly RegExp[] = [
  /^[^]{4}ftyp(?!avi[fs]|hei[cxms]|hev[cxms]|mif1|msf1|M4[AB] |crx )/, // MP4, QuickTime
  /^[^]{4}(?:moov|mdat|wide|free|skip)/, // QuickTime before it had brands
  /^\x1a\x45\xdf\xa3/, // Matroska, WebM
  /^RIFF[^]{4}AVI /,
  /^FLV\x01/,
  /^\x30\x26\xb2\x75\x8e\x66\xcf\x11/, // ASF: WMV
  /^\0\0\x01[\xb3\xba]/, // MPEG-1, MPEG-2
  /^OggS[^]{24}(?:[^]\x80theora|[^]{0,2}\x01video)/,
];
/** Bytes of a packet of an MPEG transport stream, the first of which is always the same. */
const PACKET = 188;
const SYNC = 0x47;

/** Whether a file that begins with `head` is a video by its container. Names play no part. */
export function isClip(head: Uint8Array): boolean {
  if (head[0] === SYNC && head[PACKET] === SYNC) return true;
  const text = String.fromCharCode(...head.subarray(0, 64));
  return BEGINNINGS.some((beginning) => beginning.test(text));
}
