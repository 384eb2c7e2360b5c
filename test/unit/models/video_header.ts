import type { TensorTable } from '../../../src/weights/format/tensor_table.js';
import { checkpointTensors } from '../../models/fixtures.js';
import { headerOf } from '../weights/checkpoint_headers.js';

/** The header of a file of Video Depth Anything small. */
export function videoHeader(): TensorTable {
  const tensors = checkpointTensors('video-depth-anything-small');
  return headerOf(Object.fromEntries(tensors.map(({ name, shape }) => [name, ['F32', shape]])));
}
