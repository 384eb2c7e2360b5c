import type { FileBytes } from './file_bytes.js';
import type { TensorFile } from './tensor_table.js';
import { LEGACY_MAGIC, TorchLegacy } from './torch_legacy.js';
import { TorchZip } from './torch_zip.js';

/**
 * Opens a `.pt`, `.pth`, `.ckpt` or `.bin` file, told by its first bytes. Nothing of it is ever run.
 * @param reopen gives the file from its start again, where its weights stand before what describes them
 * @throws WeightsFormatError `PT_*`, `ST_TRUNCATED`
 */
export async function openTorch(bytes: FileBytes, reopen: () => Promise<FileBytes>): Promise<TensorFile> {
  const magic = await bytes.takeUpTo(LEGACY_MAGIC.length);
  if (LEGACY_MAGIC.every((byte, i) => magic[i] === byte)) return TorchLegacy.open(bytes);
  bytes.putBack(magic);
  const zip = await TorchZip.open(bytes);
  return zip.outOfOrder ? zip.again(await reopen()) : zip;
}
