import type { FileBytes } from '../../../src/weights/format/file_bytes.js';
import { WeightsFormatError } from '../../../src/errors.js';

/** A file in memory, as the reader of PyTorch files takes it. */
export function torchBytes(data: Uint8Array, source = 'file.pt'): FileBytes {
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
    putBack(bytes) {
      at -= bytes.length;
    },
  };
}
