import { untilAborted } from '../arguments/abort.js';
import type { DepthMap } from '../depth/depth_map.js';
import { decodePicture } from '../image/decode.js';
import { fileFocalLength } from '../image/file_focal.js';
import { parts } from '../parts.js';
import { estimateDepth, type EstimateOptions, type EstimateUse } from './estimate.js';
import type { Lifetime } from './lifetime.js';

/** An estimate of a picture in a file, with the focal length of its EXIF data. @throws as `DepthModel.estimate` */
export async function estimateFile(
  life: Lifetime,
  source: string | URL | Blob,
  options: EstimateOptions,
  use?: EstimateUse,
): Promise<DepthMap> {
  const { signal } = options;
  const fetched = async (url: string | URL) => (await parts.rare()).fetchPicture(url, signal);
  const file = source instanceof Blob ? source : await untilAborted(fetched(source), signal);
  const bitmap = await untilAborted(decodePicture(file, signal), signal);
  try {
    const focalLength = await untilAborted(fileFocalLength(file, bitmap), signal);
    return await estimateDepth(life, bitmap, focalLength === undefined ? options : { ...options, focalLength }, use);
  } finally {
    bitmap.close();
  }
}
