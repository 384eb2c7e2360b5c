import { CacheError, DepthwiseError, IntegrityError, quote, UsageError, WeightsFormatError } from '../../errors.js';
import { abortError, untilAborted } from '../../arguments/abort.js';
import { ByteReader } from './byte_reader.js';
import type { ByteSource, Expected } from './byte_source.js';
import { isCorruption, type CacheWriter, type Origin } from '../cache/cache.js';
import { parts } from '../../parts.js';
import type { CheckpointOptions } from './checkpoint_options.js';
import type { DownloadProgress } from './progress.js';
import { isolate, warningOf, type Warning } from '../../warnings.js';
import type { FileBytes } from '../format/file_bytes.js';
import { openTensors } from '../format/open_tensors.js';
import type { OpenShard, TensorFile, TensorTable, TensorValues } from '../format/tensor_table.js';
import { Sha256, type Hasher } from './sha256.js';

/** Where the bytes come from or go to besides the caller: a cache to fill, or the cache they were stored in. */
export interface CacheSide {
  readonly writer?: CacheWriter | undefined;
  /** Of what is written. */
  readonly origin?: (() => Origin) | undefined;
  readonly stored?: StoredCopy | undefined;
}

/** Options of one file. */
export interface StreamOptions extends CheckpointOptions {
  readonly openShard?: OpenShard | undefined;
}

export interface StoredCopy {
  /** What the bytes were when they were stored, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Deletes them. */
  readonly forget: () => Promise<void>;
}

/** An open checkpoint: its table of tensors is read and checked, the data has yet to be read. */
export interface Checkpoint {
  /** Name for messages. */
  readonly source: string;
  readonly table: TensorTable;
  /**
   * The tensors in file order, once. Ends normally only when the whole file has arrived and matched what was expected
   * of it: until then nothing of it may be used.
   * @throws WeightsFormatError `ST_TRUNCATED`, `ST_TRAILING`; IntegrityError `INTEGRITY_LENGTH`, `INTEGRITY_SHA256`;
   *   CacheError `CACHE_CORRUPT` when the bytes came from a cache, which no longer has them; NetworkError `NET_*`; or
   *   an `AbortError`
   */
  tensors(): AsyncGenerator<TensorValues, void, undefined>;
  /** Stops the download, if any is left. May be called at any time, more than once. */
  close(): Promise<void>;
}

/** A checkpoint that is read as its bytes arrive. */
export class CheckpointStream implements Checkpoint {
  readonly source: string;
  readonly #bytes: ByteSource;
  readonly #options: StreamOptions;
  readonly #expected: Expected | undefined;
  readonly #stored: StoredCopy | undefined;
  readonly #origin: (() => Origin) | undefined;
  #hasher: Hasher | undefined;
  readonly #progress: (progress: DownloadProgress) => void;
  readonly #warn: (warning: Warning) => void;
  #writer: CacheWriter | undefined;
  #reader: ByteReader | undefined;
  #file: TensorFile | undefined;
  #received = 0;
  #lastComplete: string | undefined;
  #consumed = false;
  #verified = false;

  private constructor(bytes: ByteSource, options: StreamOptions, { writer, origin, stored }: CacheSide) {
    this.source = bytes.name;
    this.#bytes = bytes;
    this.#options = options;
    this.#writer = writer;
    this.#stored = stored;
    this.#origin = origin;
    this.#progress = isolate(options.onProgress);
    this.#warn = isolate(options.onWarning);
    this.#expected = options.expected ?? bytes.expected;
    if (this.#expected?.sha256 !== undefined || writer || stored) this.#hasher = this.#newHasher();
  }

  static async start(bytes: ByteSource, options: StreamOptions, side: CacheSide): Promise<CheckpointStream> {
    const checkpoint = new CheckpointStream(bytes, options, side);
    try {
      await checkpoint.#open();
      return checkpoint;
    } catch (error) {
      throw await checkpoint.#fail(error);
    }
  }

  get table(): TensorTable {
    return this.#file!.table;
  }

  async *tensors(): AsyncGenerator<TensorValues, void, undefined> {
    if (this.#consumed)
      throw new UsageError(
        'CHECKPOINT_CONSUMED',
        `${this.source}: the tensors of an open checkpoint can be read once.`,
        { source: this.source, phase: 'load' },
      );
    this.#consumed = true;
    try {
      for await (const tensor of this.#file!.tensors()) {
        this.#lastComplete = tensor.entry.name;
        yield tensor;
      }
      await this.#finish();
    } catch (error) {
      throw await this.#fail(error);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#consumed = true;
    await this.#reader?.cancel();
    await this.#file?.close?.();
    await this.#dropWriter();
  }

  /**
   * Says what to throw for an error that came of using these bytes. A damaged copy in a cache can make anything fail (a
   * bit of a tensor's name makes it another model), so before the model is blamed, a copy that was not read to its end
   * is held to its digest.
   */
  async explain(error: unknown): Promise<unknown> {
    const { signal } = this.#options;
    if (!this.#stored || this.#verified || signal?.aborted || isCorruption(error)) return error;
    const part = await parts.downloads().catch(() => undefined);
    if (!part) return error;
    try {
      this.#checkDigest(await part.digestOf(this.#bytes, this.#newHasher(), signal));
      return error;
    } catch (fault) {
      return signal?.aborted ? error : await this.#forgetCopy(this.#stored, fault);
    }
  }

  #newHasher(): Hasher {
    return this.#options.createHasher?.() ?? new Sha256();
  }

  async #open(): Promise<void> {
    const { header: limits, openShard } = this.#options;
    const expected = this.#expected;
    const { size } = this.#bytes;
    if (size !== undefined && expected?.bytes !== undefined && size !== expected.bytes) throw this.#lengthError(size);
    const file = await openTensors(await this.#fromStart(), { size, limits, reopen: () => this.#again(), openShard });
    if (file.bytes !== undefined && expected?.bytes !== undefined && file.bytes !== expected.bytes) {
      throw this.#lengthError(file.bytes);
    }
    const known = this.#total;
    this.#file = file;
    if (known === undefined) this.#report();
  }

  async #fromStart(): Promise<FileBytes> {
    const { signal } = this.#options;
    const stream = await untilAborted(this.#bytes.open(signal), signal);
    const reader = new ByteReader(stream, (chunk) => this.#onChunk(chunk), signal);
    this.#reader = reader;
    return {
      source: this.source,
      take: (length) => this.#take(length),
      takeUpTo: (length) => this.#orTruncated(reader.take(length)),
    };
  }

  /** What a cache was given so far began in the same way, and ends here: a second reading is not kept. */
  async #again(): Promise<FileBytes> {
    await this.#reader?.cancel();
    await this.#dropWriter();
    this.#received = 0;
    if (this.#hasher) this.#hasher = this.#newHasher();
    return this.#fromStart();
  }

  async #take(length: number): Promise<Uint8Array> {
    const bytes = await this.#orTruncated(this.#reader!.take(length));
    if (bytes.length < length) throw this.#truncated(undefined);
    return bytes;
  }

  /** A stream that fails, for whatever reason of its own, is a file that ends early. */
  async #orTruncated<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      throw error instanceof DepthwiseError || this.#options.signal?.aborted ? error : this.#truncated(error);
    }
  }

  async #finish(): Promise<void> {
    const expected = this.#expected;
    if (!(await this.#orTruncated(this.#reader!.atEnd()))) {
      if (expected?.bytes !== undefined) throw this.#lengthError(this.#received);
      throw new WeightsFormatError(
        'ST_TRAILING',
        `${this.source}: bytes follow the last tensor; the file should be ${this.#total} bytes long.`,
        {
          source: this.source,
          expected: this.#total,
          actual: this.#received,
        },
      );
    }
    const digest = this.#hasher?.digest('hex') ?? '';
    this.#checkDigest(digest);
    this.#verified = true;
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.commit(digest, this.#origin?.()).catch((error: unknown) => this.#giveUpCache(error, writer));
  }

  #checkDigest(digest: string): void {
    for (const sha256 of [this.#expected?.sha256, this.#stored?.sha256]) {
      if (sha256 === undefined || sha256.toLowerCase() === digest) continue;
      throw new IntegrityError(
        'INTEGRITY_SHA256',
        `${this.source}: the file has SHA-256 ${digest}, and should have ${sha256}.`,
        {
          source: this.source,
          expected: sha256,
          actual: digest,
        },
      );
    }
  }

  async #onChunk(chunk: Uint8Array): Promise<void> {
    this.#received += chunk.length;
    this.#hasher?.update(chunk);
    await this.#writer?.write(chunk).catch((error: unknown) => {
      const writer = this.#writer!;
      this.#writer = undefined;
      return this.#giveUpCache(error, writer);
    });
    this.#report();
  }

  /** Bytes of the whole file: as its header says, or before that, as its source or the registry says. */
  get #total(): number | undefined {
    return this.#file?.bytes ?? this.#bytes.size ?? this.#expected?.bytes;
  }

  #report(): void {
    const fromNetwork = this.#stored === undefined && this.#bytes.size === undefined;
    this.#progress({ phase: fromNetwork ? 'download' : 'read', loaded: this.#received, total: this.#total });
  }

  /** A cache that cannot be written is no reason not to load. */
  async #giveUpCache(error: unknown, writer: CacheWriter): Promise<void> {
    this.#warn(warningOf(error));
    await writer.abort().catch(() => undefined);
  }

  async #dropWriter(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.abort().catch(() => undefined);
  }

  /** Lets go of everything and says what to throw. Bad bytes from a cache are forgotten, and worth another try. */
  async #fail(error: unknown): Promise<unknown> {
    await this.close();
    if (this.#options.signal?.aborted) return abortError(this.#options.signal);
    const bad = error instanceof WeightsFormatError || error instanceof IntegrityError || error instanceof CacheError;
    // What is wrong with a shard says nothing of the copy of its index.
    return this.#stored && bad && !this.#file?.close ? this.#forgetCopy(this.#stored, error) : error;
  }

  async #forgetCopy({ forget }: StoredCopy, error: unknown): Promise<CacheError> {
    await forget().catch(() => undefined);
    return new CacheError('CACHE_CORRUPT', `${this.source}: the cached copy is damaged and was deleted.`, {
      source: this.source,
      retryable: true,
      cause: error,
    });
  }

  #lengthError(actual: number): IntegrityError {
    const expected = this.#expected?.bytes;
    return new IntegrityError(
      'INTEGRITY_LENGTH',
      `${this.source}: the file should be ${expected} bytes long, and is ${actual} or more.`,
      {
        source: this.source,
        expected,
        actual,
      },
    );
  }

  #truncated(cause: unknown): WeightsFormatError {
    const total = this.#total;
    const last =
      this.#lastComplete === undefined
        ? 'no tensor is complete'
        : `the last complete tensor is ${quote(this.#lastComplete)}`;
    return new WeightsFormatError(
      'ST_TRUNCATED',
      `${this.source}: the file ends early, after ${this.#received} of ${total ?? 'an unknown number of'} ` +
        `bytes; ${last}.`,
      {
        source: this.source,
        expected: total,
        actual: this.#received,
        retryable: true,
        ...(this.#lastComplete === undefined ? {} : { tensor: this.#lastComplete }),
        ...(cause === undefined ? {} : { cause }),
      },
    );
  }
}
