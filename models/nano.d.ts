/**
 * Address of nano's weights, 3 MB, which bundlers put beside the page: `loadDepthModel(nano)`.
 * @example
 * ```ts
 * import { loadDepthModel } from 'depthwise';
 * import nano from 'depthwise/nano';
 *
 * const model = await loadDepthModel(nano);
 * ```
 */
declare const nano: URL;
export default nano;
