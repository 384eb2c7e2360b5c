import { checkChoice, checkOptions } from '../arguments/check_options.js';
import { DRAW_OPTIONS, type DepthFileFormat, type DepthMapOnGpu, type DrawOptions } from './depth_map.js';
import { finiteRange, levelLine, quantize16, type DepthSemantics } from './formats/depth_semantics.js';
import { encodeNpy } from './formats/npy.js';
import { encodePfm } from './formats/pfm.js';
import { encodePng } from './formats/png.js';
import { rangeValues } from './value_range.js';

const FORMATS: readonly DepthFileFormat[] = ['png', 'png16', 'pfm', 'npy'];

/** A map as a file, see `DepthMap.toBlob`. */
export async function depthBlob(map: DepthMapOnGpu, format: DepthFileFormat, options: DrawOptions): Promise<Blob> {
  checkChoice('fileFormat', format, FORMATS, 'write');
  checkOptions(options, DRAW_OPTIONS, 'write');
  const { width, height } = map;
  const { range } = options;
  if (range !== undefined) rangeValues(range, 'write');
  const text = (semantics: DepthSemantics) => ({ depthwise: JSON.stringify(semantics) });
  if (format === 'png') {
    const [colors, { min, max, low, high }] = await Promise.all([map.colors(options), map.drawnRange()]);
    const ends = options.span === 'percentiles' ? { min: low, max: high } : { min, max };
    const { scale, offset } = levelLine(map.nearer, options.invert ?? false, range ?? ends);
    const image = { width, height, channels: 4 as const, data: new Uint8Array(colors.buffer) };
    return new Blob([await encodePng(image, text(map.semantics(scale, offset)))], { type: 'image/png' });
  }
  const values = await map.read();
  if (format === 'pfm') return new Blob([encodePfm(values, width, height)], { type: 'application/octet-stream' });
  if (format === 'npy') return new Blob([encodeNpy(values, [height, width])], { type: 'application/octet-stream' });
  const { codes, scale, offset } = quantize16(values, range ?? finiteRange(values));
  return new Blob([await encodePng({ width, height, channels: 1, data: codes }, text(map.semantics(scale, offset)))], {
    type: 'image/png',
  });
}
