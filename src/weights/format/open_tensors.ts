import { parts } from '../../parts.js';
import type { FileBytes } from './file_bytes.js';
import { SafetensorsFile } from './safetensors_file.js';
import type { HeaderOptions } from './safetensors.js';
import type { OpenShard, TensorFile } from './tensor_table.js';

export interface OpenOptions {
  /** Bytes of the file, where known. */
  readonly size: number | undefined;
  readonly limits?: HeaderOptions | undefined;
  /** The file from its start again: an archive may hold its weights before what describes them. */
  readonly reopen: () => Promise<FileBytes>;
  /** Opens a file beside this one, where there is such a thing. */
  readonly openShard?: OpenShard | undefined;
}

/**
 * Opens a file of weights: safetensors, what `torch.save` writes, or an index of such files. Its first bytes tell
 * which, never its name.
 * @throws WeightsFormatError `ST_*`, `PT_*`; UsageError `SOURCE_INDEX`; NetworkError `NET_LFS_POINTER`,
 *   `NET_NOT_WEIGHTS`, `NET_PART`
 */
export async function openTensors(
  file: FileBytes,
  { size, limits, reopen, openShard }: OpenOptions,
): Promise<TensorFile> {
  const start = await file.takeUpTo(8);
  const torch = startsAsTorch(start);
  if (!torch && !startsAsJson(start)) return SafetensorsFile.open(start, file, size, limits);
  const { openIndex, openTorch } = await parts.torch();
  return torch ? openTorch(start, file, reopen) : openIndex(start, file, size, limits, openShard);
}

/**
 * A zip archive, or the pickle of torch.save's magic number. As lengths of a safetensors header both are over any
 * limit.
 */
function startsAsTorch([a, b, c, d]: Uint8Array): boolean {
  return (a === 0x50 && b === 0x4b && c === 3 && d === 4) || (a === 0x80 && b === 2 && c === 0x8a && d === 10);
}

/** An object, in more than 7 bytes; as the length of a header it is over any limit. */
function startsAsJson(start: Uint8Array): boolean {
  return start[7] !== 0 && /^\s*\{/.test(String.fromCharCode(...start));
}
