import type { WeightsFormatError } from '../../errors.js';
import type { FileBytes } from './file_bytes.js';
import { parseHeader, readHeaderLength, type HeaderOptions, type SafetensorsHeader } from './safetensors.js';
import { explainStart } from './sniff.js';
import type { TensorFile, TensorValues } from './tensor_table.js';

/** What of a file says what it is, should its first 8 bytes be no length of a header. */
const START_BYTES = 512;

/** A safetensors file: a header, then the values of the tensors without a gap. */
export class SafetensorsFile implements TensorFile {
  readonly table: SafetensorsHeader;
  readonly #file: FileBytes;

  private constructor(file: FileBytes, header: SafetensorsHeader) {
    this.#file = file;
    this.table = header;
  }

  /**
   * Reads the header, which is checked whole.
   * @param prefix the first 8 bytes of the file, or fewer where it ends
   * @param file what follows them
   * @param size bytes of the file, where known
   * @throws WeightsFormatError `ST_*`, naming what the file is instead where its start tells; NetworkError
   */
  static async open(
    prefix: Uint8Array,
    file: FileBytes,
    size: number | undefined,
    limits?: HeaderOptions,
  ): Promise<SafetensorsFile> {
    const length = await headerLength(file, prefix, size, limits);
    const rest = await file.take(length);
    const whole = new Uint8Array(8 + length);
    whole.set(prefix);
    whole.set(rest, 8);
    return new SafetensorsFile(file, parseHeader(whole, size, file.source, limits));
  }

  get bytes(): number {
    return this.table.dataOffset + this.table.dataLength;
  }

  async *tensors(): AsyncGenerator<TensorValues, void, undefined> {
    for (const entry of this.table.tensors.values()) {
      yield { entry, bytes: await this.#file.take(entry.end - entry.begin) };
    }
  }
}

async function headerLength(
  file: FileBytes,
  prefix: Uint8Array,
  size: number | undefined,
  limits: HeaderOptions | undefined,
): Promise<number> {
  try {
    return readHeaderLength(prefix, size, file.source, limits);
  } catch (error) {
    const more = await file.takeUpTo(START_BYTES).catch(() => new Uint8Array(0));
    throw explainStart(error as WeightsFormatError, prefix, more);
  }
}
