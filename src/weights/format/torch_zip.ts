import { quote, WeightsFormatError } from '../../errors.js';
import { MAX_PICKLE_BYTES } from './pickle.js';
import type { TensorTable, TensorValues } from './tensor_table.js';
import type { Lookahead } from './lookahead.js';
import { gather, tableOf, torchTable, type TorchTable } from './torch_table.js';
import type { ZipEntry } from './zip_records.js';
import { ZipStream } from './zip_stream.js';

/** Longest of the entries that are neither the pickle nor a storage, in bytes. */
const MAX_NOTE_BYTES = 1024 * 1024;
/** Versions of the layout that PyTorch 2 reads. */
const LAST_VERSION = 10;

/** A PyTorch file as written since version 1.6: a zip archive of one pickle and one entry a storage. */
export class TorchZip {
  readonly table: TensorTable;
  /**
   * Whether storages stand before the pickle that describes them, so that the file has to be read again from its start.
   */
  readonly outOfOrder: boolean;
  readonly #bytes: Lookahead;
  readonly #zip: ZipStream;
  readonly #torch: TorchTable;

  private constructor(bytes: Lookahead, zip: ZipStream, torch: TorchTable, outOfOrder: boolean) {
    this.#bytes = bytes;
    this.#zip = zip;
    this.#torch = torch;
    this.outOfOrder = outOfOrder;
    this.table = tableOf(torch, [...torch.storages.keys()]);
  }

  /**
   * Reads up to the pickle.
   * @param bytes from the start of the file
   * @throws WeightsFormatError `PT_*`, `ST_TRUNCATED`
   */
  static async open(bytes: Lookahead): Promise<TorchZip> {
    const zip = new ZipStream(bytes);
    let outOfOrder = false;
    for (let entry = await zip.next(); entry; entry = await zip.next()) {
      const name = nameInRoot(entry, bytes.source);
      if (name === 'data.pkl')
        return new TorchZip(bytes, zip, torchTable(await zip.takePickle(entry), bytes.source), outOfOrder);
      outOfOrder ||= name.startsWith('data/');
      await readNote(zip, entry, name, bytes.source);
    }
    throw new WeightsFormatError(
      'PT_NO_PICKLE',
      `${bytes.source}: this zip archive has no data.pkl, so it is no PyTorch file.`,
      {
        source: bytes.source,
      },
    );
  }

  /** The same file from its start, where `outOfOrder` says so. */
  again(bytes: Lookahead): TorchZip {
    return new TorchZip(bytes, new ZipStream(bytes), this.#torch, false);
  }

  /** The tensors in the order of the file. @throws WeightsFormatError `PT_*`, `ST_TRUNCATED` */
  async *tensors(): AsyncGenerator<TensorValues, void, undefined> {
    const { source } = this.#bytes;
    const left = new Map(this.#torch.storages);
    for (let entry = await this.#zip.next(); entry; entry = await this.#zip.next()) {
      const name = nameInRoot(entry, source);
      const key = /^data\/([0-9]+)$/.exec(name)?.[1];
      const size = key === undefined ? undefined : left.get(key);
      if (key === undefined || size === undefined) {
        await readNote(this.#zip, entry, name, source);
        continue;
      }
      left.delete(key);
      const storage = await this.#zip.take(entry, size);
      for (const { entry: tensor, view } of this.#torch.views.get(key) ?? []) {
        yield { entry: tensor, bytes: gather(storage, view) };
      }
    }
    const [missing] = left.keys();
    if (missing === undefined) return;
    throw new WeightsFormatError('PT_STORAGE', `${source}: storage ${quote(missing)} is not in the file.`, {
      source,
      expected: missing,
    });
  }
}

/** Name below the one folder that everything lies in. */
function nameInRoot({ name }: ZipEntry, source: string): string {
  const slash = name.indexOf('/');
  const inside = name.slice(slash + 1);
  if (slash <= 0 || inside === '' || /(?:^|\/)\.{1,2}(?:\/|$)|[\\\0]|^\//.test(name)) {
    throw new WeightsFormatError('PT_ZIP_NAME', `${source}: ${quote(name)} is no name of an entry of a PyTorch file.`, {
      source,
      actual: name,
    });
  }
  if (/^(?:code\/|constants(?:\.pkl|\/))/.test(inside)) {
    throw new WeightsFormatError(
      'PT_TORCHSCRIPT',
      `${source}: this is a TorchScript program, which holds code beside weights.`,
      {
        source,
        hint: 'Save the state_dict() of the model instead.',
        actual: name,
      },
    );
  }
  return inside;
}

/** An entry that holds no weights. Two of them say how the rest is to be read. */
async function readNote(zip: ZipStream, entry: ZipEntry, name: string, source: string): Promise<void> {
  // The pickle passes by a second time where the file is read again.
  const most = name === 'data.pkl' ? MAX_PICKLE_BYTES : MAX_NOTE_BYTES;
  if (name !== 'byteorder' && name !== 'version') return zip.skip(entry, most);
  const text = new TextDecoder().decode(await zip.takeAll(entry, MAX_NOTE_BYTES)).trim();
  if (name === 'byteorder' && text !== 'little') {
    throw new WeightsFormatError(
      'PT_BYTEORDER',
      `${source}: the numbers are ${quote(text)}-endian; only little-endian files can be read.`,
      {
        source,
        expected: 'little',
        actual: text,
      },
    );
  }
  const version = Number(text);
  if (name === 'version' && !(version >= 1 && version <= LAST_VERSION)) {
    throw new WeightsFormatError(
      'PT_VERSION',
      `${source}: the file has layout ${quote(text)}; 1 to ${LAST_VERSION} can be read.`,
      {
        source,
        expected: LAST_VERSION,
        actual: text,
      },
    );
  }
}
