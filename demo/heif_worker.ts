import { decodeHeif, type HeifPicture, type Libheif } from 'depthwise/heif';
import libheif from 'libheif-js/index.js';
import type { HeifAnswer } from './heif.js';

/** Red of Display P3 as profiles have it, X and Y; of sRGB it is 0.436 and 0.222. */
const P3_RED = [0.515, 0.241] as const;
const NEAR = 0.004;
/** Where the table of tags of an ICC profile is, and bytes of an entry. */
const TAGS = 128;
const TAG = 12;

addEventListener(
  'message',
  ({ data: file }: MessageEvent<Blob>) => void read(file).then((answer) => postMessage(answer)),
);

async function read(file: Blob): Promise<HeifAnswer> {
  try {
    return await encode(await decodeHeif(file, { libheif: libheif as Libheif }));
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** As PNG, with the colours as they are stored and the profile that browsers can name. */
async function encode({ data, width, height, profile }: HeifPicture): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { colorSpace: profile && isP3(profile) ? 'display-p3' : 'srgb' });
  if (!context) throw new Error(`The picture of ${width} × ${height} is larger than this browser can draw.`);
  // What a browser does without is drawn as sRGB. Types lack the call, as browsers did.
  const { getContextAttributes } = context as { getContextAttributes?: () => { colorSpace?: PredefinedColorSpace } };
  const { colorSpace = 'srgb' } = getContextAttributes?.call(context) ?? {};
  context.putImageData(new ImageData(new Uint8ClampedArray(data.buffer), width, height, { colorSpace }), 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Whether the red of a profile is that of Display P3. */
function isP3(profile: Uint8Array): boolean {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  const name = (at: number) => String.fromCharCode(...profile.subarray(at, at + 4));
  for (let at = TAGS + 4; at + TAG <= profile.length && at < TAGS + 4 + 100 * TAG; at += TAG) {
    if (name(at) !== 'rXYZ') continue;
    const value = view.getUint32(at + 4) + 8;
    return (
      value + 8 <= profile.length &&
      P3_RED.every((of, i) => Math.abs(view.getInt32(value + 4 * i) / 2 ** 16 - of) < NEAR)
    );
  }
  return false;
}
