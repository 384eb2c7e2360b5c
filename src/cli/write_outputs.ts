import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { DepthMap } from '../depth/depth_map.js';
import { DepthFileError, DepthwiseError } from '../errors.js';
import type { ColormapName } from '../depth/colormaps.js';
import {
  finiteRange,
  levelLine,
  quantize16,
  type DepthSemantics,
  type FiniteRange,
} from '../depth/formats/depth_semantics.js';
import { encodeNpy } from '../depth/formats/npy.js';
import { encodePfm } from '../depth/formats/pfm.js';
import { encodePng } from '../depth/formats/png.js';
import { besideIn, onDisk } from '../node/disk_names.js';
import type { Picture } from '../node/image_file.js';
import { sideBySide, withoutAlpha } from './compose.js';
import type { Outputs } from './jobs.js';
import { confidencePicture, skyPicture } from './side_pictures.js';
import type { BesideName } from '../models/family.js';
import { ProtectedFiles } from '../node/protected_files.js';
import { STANDARD, withReader } from '../node/streams.js';
import type { Span } from '../kernels/colorize.js';
import type { Size } from '../image/size.js';
import { encodeExr } from '../views/index.js';

/** How a map is drawn. */
export interface Look {
  readonly colormap: ColormapName;
  /** One channel of grey in place of the colour map. */
  readonly grayscale: boolean;
  /** The last colour for what is farthest. */
  readonly invert: boolean;
  /** The photograph on the left of the map. */
  readonly side: boolean;
  /** What the colours span: all values, or those between the 2nd and 98th percentile. */
  readonly span: Span;
}

type SidePicture = typeof skyPicture;
const SIDE_PICTURES: Readonly<Record<BesideName, SidePicture>> = { confidence: confidencePicture, sky: skyPicture };

/** The part of a depth map that files are made of. */
export type DepthResult = Pick<DepthMap, 'width' | 'height' | 'nearer' | 'read' | 'range' | 'colors' | 'semantics'> &
  Partial<Pick<DepthMap, BesideName>>;

/**
 * Writes every file of one job, with its folder. PNG files carry their semantics in the text chunk `depthwise`: value =
 * offset + scale * code for 16-bit codes, and for the 0..255 levels that a drawing gives colours to. The JSON file
 * repeats those of the 16-bit PNG; PFM and NPY hold the values themselves, non-finite ones too.
 * @throws DepthFileError OUTPUT_WRITE naming the file.
 */
export async function writeOutputs(
  outputs: Outputs,
  depth: DepthResult,
  picture: Picture,
  look: Look,
  reads = new ProtectedFiles(),
): Promise<FiniteRange> {
  const put = (path: string, content: Uint8Array | string) => write(path, content, reads);
  const { width, height } = depth;
  const values = await depth.read();
  const range = finiteRange(values);
  await put(outputs.picture, await draw(depth, range, picture, look));
  let semantics = depth.semantics();
  if (outputs.png16 !== undefined) {
    const { codes, scale, offset } = quantize16(values, range);
    semantics = depth.semantics(scale, offset);
    await put(outputs.png16, await encodePng({ width, height, channels: 1, data: codes }, textOf(semantics)));
  }
  if (outputs.pfm !== undefined) await put(outputs.pfm, encodePfm(values, width, height));
  if (outputs.npy !== undefined) await put(outputs.npy, encodeNpy(values, [height, width]));
  for (const [name, toPicture] of Object.entries(SIDE_PICTURES) as [BesideName, SidePicture][]) {
    const path = outputs[name];
    // Networks may give what nobody asked for; reading it back takes time.
    const beside = path === undefined ? undefined : await depth[name]?.read();
    if (path === undefined || !beside) continue;
    await put(path, await encodePng(toPicture(beside, width, height), textOf(depth.semantics())));
    if (name === 'confidence') await writeConfidence(outputs, beside, depth, put);
  }
  if (outputs.semantics !== undefined) await put(outputs.semantics, `${JSON.stringify(semantics, null, 2)}\n`);
  return range;
}

/** Confidence, 0 to 1, in the formats of the depth; a 16-bit code of 65535 is 1. */
async function writeConfidence(
  { confidencePng16, confidencePfm, confidenceNpy, confidenceExr }: Outputs,
  values: Float32Array,
  { width, height }: Size,
  put: (path: string, content: Uint8Array) => Promise<void>,
): Promise<void> {
  if (confidencePng16 !== undefined) {
    const { codes, scale, offset } = quantize16(values, { min: 0, max: 1 });
    const text = { depthwise: JSON.stringify({ shows: 'confidence', scale, offset }) };
    await put(confidencePng16, await encodePng({ width, height, channels: 1, data: codes }, text));
  }
  if (confidencePfm !== undefined) await put(confidencePfm, encodePfm(values, width, height));
  if (confidenceNpy !== undefined) await put(confidenceNpy, encodeNpy(values, [height, width]));
  if (confidenceExr !== undefined)
    await put(confidenceExr, encodeExr(values, { width, height }, { channel: 'confidence' }));
}

/**
 * Writes a file and the folders it stands in, or standard output for `-`. This is where every output passes, and none
 * is a file of `reads`, which it joins. Under its name there is the whole file or what was there before, also
 * when the disk is full.
 * @throws DepthFileError OUTPUT_WRITE; UsageError OUTPUT_COLLISION
 */
export async function write(path: string, content: Uint8Array | string, reads = new ProtectedFiles()): Promise<void> {
  if (path !== STANDARD) return writeBy(path, (to, options) => writeFile(to, content, options), reads);
  await telling(path, () => toStandardOutput(content));
}

/** Makes a file of a name that it has while it is not whole; `flag` and `mode` are those of `writeFile`. */
type Making = (path: string | Buffer, options: { readonly flag?: string; readonly mode?: number }) => Promise<void>;

/** As `write`, what `make` makes. @throws as `write`, and what `make` throws of Depthwise's own errors */
export function writeBy(path: string, make: Making, reads = new ProtectedFiles()): Promise<void> {
  return telling(path, async () => {
    await mkdir(onDisk(dirname(path)), { recursive: true });
    await replace(path, make, reads);
    await reads.add(path);
  });
}

async function telling(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof DepthwiseError || (cause as Error | undefined)?.name === 'AbortError') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepthFileError('OUTPUT_WRITE', `${path}: cannot be written (${reason}).`, {
      source: path,
      phase: 'write',
      cause,
    });
  }
}

/** Until all of it is taken, as the process may end right after. */
function toStandardOutput(content: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) =>
    process.stdout.write(content, (error) => (error ? reject(error) : resolve())),
  );
}

/** Follows links; devices and pipes, which cannot be renamed into, are written as they are. */
async function replace(path: string, make: Making, reads: ProtectedFiles): Promise<void> {
  await reads.refuse(path);
  const named = onDisk(path);
  const found = await stat(named).catch(() => undefined);
  if (found?.isFIFO()) return withReader(named, () => make(named, {}));
  if (found && !found.isFile()) return make(named, {});
  const real = found && (await realpath(named, 'buffer'));
  if (real) await access(real, constants.W_OK);
  const folder = real ? real.subarray(0, real.lastIndexOf(sep)) : onDisk(dirname(path));
  const partial = besideIn(folder, `.depthwise-${randomUUID()}.part`);
  try {
    await make(partial, { flag: 'wx', ...(found && { mode: found.mode }) });
    await reads.refuse(path);
    await rename(partial, real ?? named);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function draw(
  depth: DepthResult,
  range: FiniteRange,
  picture: Picture,
  { colormap, grayscale, invert, side, span }: Look,
): Promise<Uint8Array> {
  const { width, height } = depth;
  const data = await depth.colors({ colormap: grayscale ? 'gray' : colormap, invert, span });
  const drawn = { data, width, height };
  const { low, high } = span === 'full' ? { low: range.min, high: range.max } : await depth.range();
  const { scale, offset } = levelLine(depth.nearer, invert, { min: low, max: high });
  return encodePng(
    side ? withoutAlpha(sideBySide(picture, drawn), 3) : withoutAlpha(drawn, grayscale ? 1 : 3),
    textOf(depth.semantics(scale, offset)),
  );
}

function textOf(semantics: DepthSemantics): { depthwise: string } {
  return { depthwise: JSON.stringify(semantics) };
}
