import { openCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import { decode } from '../../../src/weights/format/decode.js';
import type { WrittenTensor } from './torch_writer.js';

/** The f32 tensors of a safetensors file, to be written as a PyTorch file; counters of BatchNorm are left out. */
export async function writtenTensors(weights: Uint8Array): Promise<Record<string, WrittenTensor>> {
  const checkpoint = await openCheckpoint(weights);
  const tensors: Record<string, WrittenTensor> = {};
  for await (const { entry, bytes } of checkpoint.tensors()) {
    if (entry.dtype === 'F32') tensors[entry.name] = { shape: entry.shape, values: decode(entry, bytes).slice() };
  }
  return tensors;
}
