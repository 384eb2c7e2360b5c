import type { FileBytes } from './file_bytes.js';
import { Lookahead } from './lookahead.js';
import type { TensorFile } from './tensor_table.js';
import { LEGACY_MAGIC, TorchLegacy } from './torch_legacy.js';
import { TorchZip } from './torch_zip.js';

export { openIndex } from './shard_index.js';

/**
 * Opens a `.pt`, `.pth`, `.ckpt` or `.bin` file as `torch.save` writes it. Nothing of it is ever run.
 * @param start its first bytes, which tell that it is one
 * @param file what follows them
 * @param reopen gives the file from its start again, where its weights stand before what describes them
 * @throws WeightsFormatError `PT_*`, `ST_TRUNCATED`
 */
export async function openTorch(
  start: Uint8Array,
  file: FileBytes,
  reopen: () => Promise<FileBytes>,
): Promise<TensorFile> {
  const bytes = new Lookahead(start, file);
  const magic = await bytes.takeUpTo(LEGACY_MAGIC.length);
  if (LEGACY_MAGIC.every((byte, i) => magic[i] === byte)) return TorchLegacy.open(bytes);
  bytes.putBack(magic);
  const zip = await TorchZip.open(bytes);
  return zip.outOfOrder ? zip.again(new Lookahead(new Uint8Array(0), await reopen())) : zip;
}
