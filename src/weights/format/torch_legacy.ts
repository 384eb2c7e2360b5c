import type { ErrorCode } from '../../error_codes.js';
import { quote, WeightsFormatError } from '../../errors.js';
import type { TensorTable, TensorValues } from './tensor_table.js';
import type { Lookahead } from './lookahead.js';
import { showPickled } from './pickled.js';
import { takePickle } from './take_pickle.js';
import { gather, tableOf, torchTable, type TorchTable } from './torch_table.js';

/** The pickle of the number that every file of `torch.save` before 1.6 begins with. */
export const LEGACY_MAGIC = Uint8Array.of(
  0x80,
  2,
  0x8a,
  10,
  0x6c,
  0xfc,
  0x9c,
  0x46,
  0xf9,
  0x20,
  0x6a,
  0xa8,
  0x50,
  0x19,
  0x2e,
);
const PROTOCOL = 1001;

/** A PyTorch file as written before version 1.6: five pickles, then the storages, with nothing between. */
export class TorchLegacy {
  readonly table: TensorTable;
  readonly #bytes: Lookahead;
  readonly #torch: TorchTable;
  readonly #keys: readonly string[];

  private constructor(bytes: Lookahead, torch: TorchTable, keys: readonly string[]) {
    this.#bytes = bytes;
    this.#torch = torch;
    this.#keys = keys;
    this.table = tableOf(torch, keys);
  }

  /** @param bytes behind the magic number. @throws WeightsFormatError `PT_*`, `ST_TRUNCATED` */
  static async open(bytes: Lookahead): Promise<TorchLegacy> {
    const { source } = bytes;
    const { value: protocol } = await takePickle(bytes);
    if (protocol !== PROTOCOL) {
      throw fault(
        source,
        'PT_VERSION',
        `the file has protocol ${showPickled(protocol)}; ${PROTOCOL} can be read`,
        PROTOCOL,
        protocol,
      );
    }
    const { value: system } = await takePickle(bytes);
    if (system instanceof Map && system.get('little_endian') === false) {
      throw fault(
        source,
        'PT_BYTEORDER',
        'the numbers are big-endian; only little-endian files can be read',
        'little',
        'big',
      );
    }
    const torch = torchTable((await takePickle(bytes)).value, source);
    const { value: keys } = await takePickle(bytes);
    const known = Array.isArray(keys) && keys.every((key) => typeof key === 'string' && torch.storages.has(key));
    if (!known || new Set(keys).size !== torch.storages.size || keys.length !== torch.storages.size) {
      throw fault(
        source,
        'PT_STORAGE',
        'the list of storages is not that of the tensors',
        torch.storages.size,
        Array.isArray(keys) ? keys.length : undefined,
      );
    }
    return new TorchLegacy(bytes, torch, keys as string[]);
  }

  /** The tensors in the order of their storages. @throws WeightsFormatError `PT_STORAGE_SIZE`, `ST_TRUNCATED` */
  async *tensors(): AsyncGenerator<TensorValues, void, undefined> {
    for (const key of this.#keys) {
      const size = this.#torch.storages.get(key) as number;
      const views = this.#torch.views.get(key) ?? [];
      const prefix = await this.#bytes.take(8);
      const count = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
      const expected = this.#torch.counts.get(key) as number;
      if (count !== BigInt(expected)) {
        throw fault(
          this.#bytes.source,
          'PT_STORAGE_SIZE',
          `storage ${quote(key)} has ${count} values, and ${expected} in the pickle`,
          expected,
          count,
        );
      }
      const storage = await this.#bytes.take(size);
      for (const { entry, view } of views) yield { entry, bytes: gather(storage, view) };
    }
  }
}

function fault(source: string, code: ErrorCode, what: string, expected: unknown, actual: unknown): WeightsFormatError {
  return new WeightsFormatError(code, `${source}: ${what}.`, { source, expected, actual });
}
