/**
 * HEIC and HEIF pictures in browsers that do not decode them, by the package `libheif-js`, which is installed beside
 * Depthwise. In Node `readPicture` reads them without this.
 * @example
 * ```ts
 * import { decodeHeif, isHeif } from 'depthwise/heif';
 *
 * const picture = (await isHeif(file)) ? await decodeHeif(file) : file;
 * ```
 * @packageDocumentation
 */
export { decodeHeif, isHeif, type HeifOptions, type HeifPicture } from './decode.js';
export type { Libheif, LibheifDecoded, LibheifFailure } from './libheif.js';
