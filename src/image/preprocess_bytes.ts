import { normalizedBytes, pictureBytes } from '../kernels/resize_bytes.js';
import type { Preprocess } from './preprocess.js';

/** Two resizes on bytes, as the code of Depth Anything 3 does them with cv2, in two dispatches. */
export const preprocessBytes: Preprocess = (graph, picture, { between, ...attrs }) =>
  graph.scope('preprocess', () => {
    const bytes = graph.apply(pictureBytes, { picture }, { size: between ?? attrs.size }).y;
    return graph.apply(normalizedBytes, { x: bytes }, attrs).y;
  });
