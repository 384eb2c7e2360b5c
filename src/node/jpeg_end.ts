/** Coefficients of a block. */
const COEFFICIENTS = 64;

/**
 * The bytes of a JPEG with the end marker that they lack, when every scan there is to come has begun; undefined where
 * they have one, or scans are missing. Whether the last scan is whole shows when it is decoded. Format: ITU-T T.81,
 * annex B.
 */
export function withEndMarker(bytes: Uint8Array): Uint8Array | undefined {
  let end = bytes.length;
  if (bytes[end - 1] === 0xff) end--;
  if (endsAt(bytes, bytes.length) || !everyScan(bytes)) return undefined;
  const whole = new Uint8Array(end + 2);
  whole.set(bytes.subarray(0, end));
  whole.set([0xff, 0xd9], end);
  return whole;
}

/** An end marker, also one with zeros behind it, as cameras pad. */
function endsAt(bytes: Uint8Array, length: number): boolean {
  while (length > 0 && bytes[length - 1] === 0) length--;
  return bytes[length - 2] === 0xff && bytes[length - 1] === 0xd9;
}

/** Whether the scans bring every coefficient of every component to its last bit, and no end marker follows them. */
function everyScan(bytes: Uint8Array): boolean {
  let components = 0;
  const done = new Map<number, Set<number>>();
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return false;
    const marker = bytes[at + 1]!;
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    const body = bytes.subarray(at + 4, at + 2 + length);
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) components = body[5] ?? 0;
    at += 2 + length;
    if (marker !== 0xda) continue;
    noteScan(body, done);
    at = nextMarker(bytes, at);
    // It is there, and what follows is no JPEG: a film, or the parts of a photograph with depth.
    if (bytes[at + 1] === 0xd9) return false;
  }
  return components > 0 && done.size === components && [...done.values()].every(({ size }) => size === COEFFICIENTS);
}

/** Header of a scan: its components, then the first and last coefficient, then the bits before and after it. */
function noteScan(body: Uint8Array, done: Map<number, Set<number>>): void {
  const count = body[0] ?? 0;
  const [first = 0, last = 0, approximation = 0] = body.subarray(1 + 2 * count);
  for (let i = 0; i < count; i++) {
    const component = body[1 + 2 * i]!;
    const seen = done.get(component) ?? new Set<number>();
    done.set(component, seen);
    if ((approximation & 15) === 0) for (let k = first; k <= Math.min(last, COEFFICIENTS - 1); k++) seen.add(k);
  }
}

/** Where the next marker is that is neither a stuffed byte nor a restart. */
function nextMarker(bytes: Uint8Array, at: number): number {
  for (; at + 1 < bytes.length; at++) {
    const next = bytes[at + 1]!;
    if (bytes[at] === 0xff && next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}
