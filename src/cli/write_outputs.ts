import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DepthFileError } from '../errors.js';
import { finiteRange, quantize16, type DepthSemantics, type FiniteRange } from '../image/formats/depth_semantics.js';
import { encodeNpy } from '../image/formats/npy.js';
import { encodePfm } from '../image/formats/pfm.js';
import { encodePng } from '../image/formats/png.js';
import type { Picture } from '../node/image_file.js';
import { SIGNED } from '../node/picture_format.js';
import { drawDepth, sideBySide, type DepthValues, type Look } from './draw.js';
import type { Outputs } from './jobs.js';

/** What the values mean; how they are stored follows from the file. */
export type Meaning = Pick<DepthSemantics, 'kind' | 'nearer' | 'unit' | 'model'>;

/**
 * Writes every file of one job, with its folder. `beside` is the picture to put to the left of the drawn map.
 * The 16-bit PNG carries its semantics in the text chunk `depthwise`; the JSON file repeats them. In both, value =
 * offset + scale * code holds for the PNG; PFM and NPY hold the values themselves, non-finite ones too.
 * @throws DepthFileError OUTPUT_WRITE naming the file.
 */
export async function writeOutputs(outputs: Outputs, depth: DepthValues, meaning: Meaning, look: Look, beside?: Picture): Promise<FiniteRange> {
  const { data, width, height } = depth;
  const range = finiteRange(data);
  const drawn = drawDepth(depth, range, meaning.nearer, look);
  await write(outputs.picture, await encodePng(beside ? sideBySide(beside, drawn) : drawn, { ...SIGNED, Source: meaning.model }));
  let semantics: DepthSemantics = { ...meaning, scale: 1, offset: 0, width, height };
  if (outputs.png16 !== undefined) {
    const { codes, scale, offset } = quantize16(data, range);
    semantics = { ...semantics, scale, offset };
    const text = { ...SIGNED, depthwise: JSON.stringify(semantics) };
    await write(outputs.png16, await encodePng({ width, height, channels: 1, data: codes }, text));
  }
  if (outputs.pfm !== undefined) await write(outputs.pfm, encodePfm(data, width, height));
  if (outputs.npy !== undefined) await write(outputs.npy, encodeNpy(data, [height, width]));
  if (outputs.semantics !== undefined) await write(outputs.semantics, `${JSON.stringify(semantics, null, 2)}\n`);
  return range;
}

/** Writes a file and the folders it stands in. @throws DepthFileError OUTPUT_WRITE. */
export async function write(path: string, content: Uint8Array | string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepthFileError('OUTPUT_WRITE', `${path}: cannot be written (${reason}).`, { source: path, phase: 'write', cause });
  }
}
