import type { Graph, Value } from '../graph/graph.js';
import { antialiasColumns, antialiasRows, preprocess as cubic, type PreprocessAttrs } from '../kernels/preprocess.js';

/**
 * Whose pixels to reproduce: `original` resizes as the papers' code does (cv2, bicubic without antialiasing on floats),
 * `hub` as the Hugging Face processors do (Pillow, antialiased bicubic on bytes).
 */
export type Convention = 'original' | 'hub';

export interface PreprocessOptions extends PreprocessAttrs {
  readonly convention: Convention;
}

/** Network input f32[H,W,4] (normalised RGB and zero) of a picture texture [PH,PW]: one dispatch, or two for `hub`. */
export function preprocess(graph: Graph, picture: Value, { convention, ...attrs }: PreprocessOptions): Value {
  return graph.scope('preprocess', () => {
    if (convention === 'original') return graph.apply(cubic, { picture }, attrs).y;
    const rows = graph.apply(antialiasRows, { picture }, { width: attrs.size[1] }).y;
    return graph.apply(antialiasColumns, { x: rows }, attrs).y;
  });
}
