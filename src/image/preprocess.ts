import type { Graph, Value } from '../graph/graph.js';
import { preprocess as cubic, type PreprocessAttrs } from '../kernels/preprocess.js';

/**
 * Whose pixels to reproduce: `original` resizes as the papers' code does (cv2, bicubic without antialiasing on floats),
 * `hub` as the Hugging Face processors do (Pillow, antialiased bicubic on bytes).
 */
export type Convention = 'original' | 'hub';

export interface PreprocessOptions extends PreprocessAttrs {
  /** [height, width] that the picture is resized to first, by rules that resize it twice. */
  readonly between?: readonly [number, number] | undefined;
}

/** Network input f32[H,W,4] (normalised RGB and zero) of a picture texture [PH,PW]. */
export type Preprocess = (graph: Graph, picture: Value, options: PreprocessOptions) => Value;

/** The convention `original`, in one dispatch; `preprocess_hub.ts` has the other. */
export const preprocess: Preprocess = (graph, picture, { size, mean, std }) =>
  graph.scope('preprocess', () => graph.apply(cubic, { picture }, { size, mean, std }).y);
