import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DepthMap } from '../depth/depth_map.js';
import { DepthFileError } from '../errors.js';
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
import type { Picture } from '../node/image_file.js';
import { sideBySide, withoutAlpha } from './compose.js';
import type { Outputs } from './jobs.js';

/** How a map is drawn. */
export interface Look {
  readonly colormap: ColormapName;
  /** One channel of grey in place of the colour map. */
  readonly grayscale: boolean;
  /** The last colour for what is farthest. */
  readonly invert: boolean;
  /** The photograph on the left of the map. */
  readonly side: boolean;
}

/** The part of a depth map that files are made of. */
export type DepthResult = Pick<DepthMap, 'width' | 'height' | 'nearer' | 'read' | 'colors' | 'semantics'>;

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
): Promise<FiniteRange> {
  const { width, height } = depth;
  const values = await depth.read();
  const range = finiteRange(values);
  await write(outputs.picture, await draw(depth, range, picture, look));
  let semantics = depth.semantics();
  if (outputs.png16 !== undefined) {
    const { codes, scale, offset } = quantize16(values, range);
    semantics = depth.semantics(scale, offset);
    await write(outputs.png16, await encodePng({ width, height, channels: 1, data: codes }, textOf(semantics)));
  }
  if (outputs.pfm !== undefined) await write(outputs.pfm, encodePfm(values, width, height));
  if (outputs.npy !== undefined) await write(outputs.npy, encodeNpy(values, [height, width]));
  if (outputs.semantics !== undefined) await write(outputs.semantics, `${JSON.stringify(semantics, null, 2)}\n`);
  return range;
}

/**
 * Writes a file and the folders it stands in. Under its name there is the whole file or what was there before, also
 * when the disk is full.
 * @throws DepthFileError OUTPUT_WRITE
 */
export async function write(path: string, content: Uint8Array | string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await replace(path, content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepthFileError('OUTPUT_WRITE', `${path}: cannot be written (${reason}).`, {
      source: path,
      phase: 'write',
      cause,
    });
  }
}

/** Follows links; devices and pipes, which cannot be renamed into, are written as they are. */
async function replace(path: string, content: Uint8Array | string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) return writeFile(path, content);
  const target = found ? await realpath(path) : path;
  if (found) await access(target, constants.W_OK);
  const partial = join(dirname(target), `.depthwise-${randomUUID()}.part`);
  try {
    await writeFile(partial, content, { flag: 'wx', ...(found && { mode: found.mode }) });
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function draw(
  depth: DepthResult,
  range: FiniteRange,
  picture: Picture,
  { colormap, grayscale, invert, side }: Look,
): Promise<Uint8Array> {
  const { width, height } = depth;
  const data = await depth.colors({ colormap: grayscale ? 'gray' : colormap, invert });
  const drawn = { data, width, height };
  const { scale, offset } = levelLine(depth.nearer, invert, range);
  return encodePng(
    side ? sideBySide(picture, drawn) : withoutAlpha(drawn, grayscale ? 1 : 3),
    textOf(depth.semantics(scale, offset)),
  );
}

function textOf(semantics: DepthSemantics): { depthwise: string } {
  return { depthwise: JSON.stringify(semantics) };
}
