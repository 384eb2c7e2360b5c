import { UsageError } from '../errors.js';
import type { ModelEntry } from '../models/family.js';
import type { Size } from '../image/size.js';

/**
 * What a network's depth is multiplied by to be in metres; undefined for models that need no focal length.
 * @param sizes of the picture, and of the network's input
 * @param focalLength in pixels of the picture
 * @throws UsageError `OPTION_FOCAL_LENGTH` where a model needs one and there is none, or it is no length
 */
export function metreFactor(
  { canonicalFocal, title }: ModelEntry,
  { picture, network }: { readonly picture: Size; readonly network: Size },
  focalLength: number | undefined,
): number | undefined {
  if (focalLength !== undefined && !(focalLength > 0 && focalLength < Infinity)) {
    throw new UsageError(
      'OPTION_FOCAL_LENGTH',
      `The focal length is ${focalLength}; expected a positive number of pixels.`,
      { actual: focalLength, phase: 'image' },
    );
  }
  if (canonicalFocal === undefined) return undefined;
  if (focalLength === undefined) {
    throw new UsageError('OPTION_FOCAL_LENGTH', `${title} gives metres only where the focal length is known.`, {
      hint:
        'Pass focalLength (--focal-length on the command line) in pixels of the picture: the longer side times the ' +
        '35 mm equivalent over 36. It is read from the EXIF data of files that have it.',
      phase: 'image',
    });
  }
  const scales = network.width / picture.width + network.height / picture.height;
  return (focalLength * scales) / 2 / canonicalFocal;
}
