import { WeightsFormatError } from '../../errors.js';
import type { TensorTable, TensorValues } from './tensor_table.js';
import type { TorchBytes } from './torch_bytes.js';
import { LEGACY_MAGIC, TorchLegacy } from './torch_legacy.js';
import { TorchZip } from './torch_zip.js';

/** A PyTorch file that is read from its start. */
export interface TorchFile {
  readonly table: TensorTable;
  /** The tensors in the order of their storages, once; ends where the file does. */
  tensors(): AsyncGenerator<TensorValues, void, undefined>;
}

/** Whether a file starts as those of `torch.save` do: a zip archive, or a pickle. */
export function startsAsTorch(prefix: Uint8Array): boolean {
  const zip = prefix[0] === 0x50 && prefix[1] === 0x4b && prefix[2] === 3 && prefix[3] === 4;
  return zip || (prefix[0] === 0x80 && (prefix[1] as number) >= 2 && (prefix[1] as number) <= 5);
}

/**
 * Opens a `.pt`, `.pth`, `.ckpt` or `.bin` file, told by its first bytes. Nothing of it is ever run.
 * @param reopen gives the file from its start again, where its weights stand before what describes them
 * @throws WeightsFormatError `PT_*`, `ST_TRUNCATED`
 */
export async function openTorch(bytes: TorchBytes, reopen: () => Promise<TorchBytes>): Promise<TorchFile> {
  const magic = await bytes.takeUpTo(LEGACY_MAGIC.length);
  if (LEGACY_MAGIC.every((byte, i) => magic[i] === byte)) return TorchLegacy.open(bytes);
  if (magic[0] !== 0x50) {
    throw new WeightsFormatError(
      'PT_LEGACY',
      `${bytes.source}: this starts like a Python pickle, but not like one of torch.save.`,
      { source: bytes.source, hint: 'Save the state_dict() of the model with torch.save.', actual: [...magic] },
    );
  }
  bytes.putBack(magic);
  const zip = await TorchZip.open(bytes);
  return zip.outOfOrder ? zip.again(await reopen()) : zip;
}
