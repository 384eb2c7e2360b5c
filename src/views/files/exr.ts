import { checkOptions, type OptionTable } from '../../arguments/check_options.js';
import { UsageError } from '../../errors.js';

/** What stands beside the values. */
export interface ExrOptions {
  /** Of the channel: `Z` unless given. At most 31 ASCII characters. */
  readonly channel?: string;
  /** Attributes of text, such as the unit. */
  readonly text?: Readonly<Record<string, string>>;
}

const EXR_OPTIONS: OptionTable<ExrOptions> = { channel: null, text: null };
const MAGIC = 0x01312f76;
const VERSION = 2;
const FLOAT = 2;

/**
 * Values f32[height,width] as an OpenEXR file of one channel of 32-bit floats: scan lines, not compressed. Written
 * here, as no kept library of npm writes a channel that is not a colour (three's `EXRExporter` has RGBA alone). Source:
 * openexr.com, "OpenEXR File Layout".
 * @example
 * ```ts
 * import { createScene, encodeExr } from 'depthwise/views';
 *
 * const scene = await createScene(depth, image);
 * const file = encodeExr(await scene.readDepth(), scene, { text: { unit: scene.unit } });
 * ```
 * @throws UsageError `OPTION_VALUE` for values or a name that do not fit, `OPTION_UNKNOWN`
 */
export function encodeExr(
  values: Float32Array,
  { width, height }: { readonly width: number; readonly height: number },
  options: ExrOptions = {},
): Uint8Array<ArrayBuffer> {
  checkOptions(options, EXR_OPTIONS, 'write');
  const { channel = 'Z', text = {} } = options;
  if (values.length !== width * height)
    throw new UsageError(
      'OPTION_VALUE',
      `An EXR of ${width}x${height} takes ${width * height} values, not ${values.length}.`,
      {
        ...{ expected: width * height, actual: values.length, phase: 'write' },
      },
    );
  if (!/^[\x21-\x7e]{1,31}$/.test(channel))
    throw new UsageError(
      'OPTION_VALUE',
      `The channel name ${JSON.stringify(channel)} has no 1 to 31 ASCII characters.`,
      {
        phase: 'write',
      },
    );
  const header = headerOf(width, height, channel, text);
  const row = 8 + 4 * width;
  const start = header.length + 8 * height;
  const file = new Uint8Array(start + row * height);
  file.set(header);
  const view = new DataView(file.buffer);
  for (let y = 0; y < height; y++) {
    const at = start + row * y;
    view.setBigUint64(header.length + 8 * y, BigInt(at), true);
    view.setInt32(at, y, true);
    view.setInt32(at + 4, 4 * width, true);
    for (let x = 0; x < width; x++) view.setFloat32(at + 8 + 4 * x, values[y * width + x]!, true);
  }
  return file;
}

function headerOf(width: number, height: number, channel: string, text: Readonly<Record<string, string>>): Uint8Array {
  const bytes: number[] = [];
  const ints = (...values: number[]) => {
    for (const value of values) for (let i = 0; i < 4; i++) bytes.push((value >> (8 * i)) & 255);
  };
  const name = (word: string) => bytes.push(...new TextEncoder().encode(word), 0);
  const attribute = (key: string, type: string, content: () => void) => {
    name(key);
    name(type);
    const at = bytes.length;
    content();
    const size = bytes.length - at;
    bytes.splice(at, 0, size & 255, (size >> 8) & 255, (size >> 16) & 255, size >> 24);
  };
  const floats = (...values: number[]) => ints(...new Int32Array(Float32Array.from(values).buffer));
  const box = () => ints(0, 0, width - 1, height - 1);
  ints(MAGIC, VERSION);
  attribute('channels', 'chlist', () => {
    name(channel);
    ints(FLOAT, 0, 1, 1); // not linear and reserved, sampling in x and y
    bytes.push(0);
  });
  attribute('compression', 'compression', () => bytes.push(0));
  attribute('dataWindow', 'box2i', box);
  attribute('displayWindow', 'box2i', box);
  attribute('lineOrder', 'lineOrder', () => bytes.push(0));
  attribute('pixelAspectRatio', 'float', () => floats(1));
  attribute('screenWindowCenter', 'v2f', () => floats(0, 0));
  attribute('screenWindowWidth', 'float', () => floats(1));
  for (const [key, value] of Object.entries(text))
    attribute(key, 'string', () => bytes.push(...new TextEncoder().encode(value)));
  bytes.push(0);
  return Uint8Array.from(bytes);
}
