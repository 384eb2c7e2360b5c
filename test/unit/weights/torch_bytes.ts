import { openTorch } from '../../../src/weights/format/torch_file.js';
import type { TensorFile } from '../../../src/weights/format/tensor_table.js';
import type { FileBytes } from '../../../src/weights/format/file_bytes.js';
import { WeightsFormatError } from '../../../src/errors.js';

/** Opens a PyTorch file in memory. */
export function openTorchBytes(data: Uint8Array): Promise<TensorFile> {
  return openTorch(new Uint8Array(0), fileBytes(data), async () => fileBytes(data));
}

/** A file in memory, as the reader of PyTorch files takes it. */
function fileBytes(data: Uint8Array, source = 'file.pt'): FileBytes {
  let at = 0;
  const takeUpTo = async (length: number) => data.subarray(at, (at += Math.min(length, data.length - at)));
  return {
    source,
    takeUpTo,
    async take(length) {
      const bytes = await takeUpTo(length);
      if (bytes.length < length) throw new WeightsFormatError('ST_TRUNCATED', `${source}: the file ends early.`);
      return bytes;
    },
  };
}
