/**
 * Raw frames with their times, as a Matroska stream that ffmpeg reads from a pipe: raw video alone has none but at a
 * constant rate. Source: RFC 9559, "Matroska Media Container Format Specification".
 */

/** Identifiers of elements, as they are written. */
const ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  defaultDuration: 0x23e383,
  codecId: 0x86,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  colourSpace: 0x2eb524,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;
/** A length that is not known: the stream goes on to its end. */
const ENDLESS = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const VIDEO = 1;
/** Of a block: track 1, no time of its own behind the cluster's, and a frame that stands alone. */
const BLOCK_START = Uint8Array.of(0x81, 0, 0, 0x80);

/**
 * What such a stream begins with: one track of RGBA pictures, and times in nanoseconds.
 * @param duration of a frame, in nanoseconds, as encoders are told it; each frame has a time of its own all the same
 */
export function matroskaHeader(width: number, height: number, duration: number): Uint8Array {
  const video = join([
    element(ID.pixelWidth, uint(width)),
    element(ID.pixelHeight, uint(height)),
    element(ID.colourSpace, text('RGBA')),
  ]);
  const track = join([
    element(ID.trackNumber, uint(1)),
    element(ID.trackUid, uint(1)),
    element(ID.trackType, uint(VIDEO)),
    element(ID.defaultDuration, uint(duration)),
    element(ID.codecId, text('V_UNCOMPRESSED')),
    element(ID.video, video),
  ]);
  return join([
    element(ID.ebml, element(ID.docType, text('matroska'))),
    idBytes(ID.segment),
    ENDLESS,
    element(ID.info, element(ID.timestampScale, uint(1))),
    element(ID.tracks, element(ID.trackEntry, track)),
  ]);
}

/** What stands before the pixels of a frame. @param nanoseconds when it is shown */
export function matroskaFrame(nanoseconds: number, bytes: number): Uint8Array {
  const timestamp = element(ID.timestamp, uint(nanoseconds));
  const block = join([idBytes(ID.simpleBlock), length(BLOCK_START.length + bytes), BLOCK_START]);
  return join([idBytes(ID.cluster), length(timestamp.length + block.length + bytes), timestamp, block]);
}

function element(id: number, content: Uint8Array): Uint8Array {
  return join([idBytes(id), length(content.length), content]);
}

/** A length in eight bytes, of which the first says how many follow. */
function length(bytes: number): Uint8Array {
  const out = uint(bytes);
  out[0] = 0x01;
  return out;
}

function uint(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

/** Identifiers hold their own length in their first bits. */
function idBytes(id: number): Uint8Array {
  const bytes = uint(id);
  return bytes.subarray(bytes.findIndex((byte) => byte > 0));
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
