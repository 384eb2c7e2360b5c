import { createHash } from 'node:crypto';
import { mkdtemp, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DepthFileError, IntegrityError, quote, UsageError, WeightsFormatError } from '../errors.js';
import { numel } from '../tensor.js';
import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { throwIfAborted } from '../arguments/abort.js';
import { openCheckpoint } from '../weights/fetch/checkpoint.js';
import type { Checkpoint } from '../weights/fetch/checkpoint_stream.js';
import type { CheckpointSource } from '../weights/fetch/checkpoint_options.js';
import { checkHalfRange, decode, scanValues, toHalf, WEIGHT_DTYPES } from '../weights/format/decode.js';
import type { TensorDType, TensorEntry, TensorTable, TensorValues } from '../weights/format/tensor_table.js';
import { fileSource } from './file_source.js';
import type { LoadOptions } from '../runtime/load.js';
import { resolvePath } from './load.js';
import { ProtectedFiles } from './protected_files.js';

/** Options of `convertWeights`. */
export interface ConvertOptions extends Pick<LoadOptions, 'signal' | 'onProgress' | 'onWarning'> {
  /** Stores floating-point tensors as halves, which take half the space of f32. */
  readonly f16?: boolean;
}

/** What `convertWeights` wrote. */
export interface Converted {
  readonly tensors: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

const CONVERT_OPTIONS: OptionTable<ConvertOptions> = { f16: null, signal: 'signal', onProgress: null, onWarning: null };
const ELEMENT_BYTES: Readonly<Partial<Record<TensorDType, number>>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
};

/**
 * Writes the tensors of any file of weights that can be read (`.pt`, `.pth`, `.ckpt`, `.bin`, safetensors) as
 * safetensors, under the same names. One tensor is in memory at a time. The file is read again and its values are
 * compared before it gets its name.
 * @param source path, URL, `hf:org/repo@revision/file`, Blob or bytes
 * @param output path; a file of that name is replaced, but never the one that is read
 * @returns how many tensors and bytes were written
 * @throws every error of reading `source`; UsageError `OUTPUT_COLLISION`, `OPTION_UNKNOWN`; DepthFileError
 *   `OUTPUT_WRITE`;
 *   WeightsFormatError `WEIGHTS_F16_RANGE`,
 *   `ST_DTYPE`; IntegrityError `INTEGRITY_SHA256`; or an `AbortError`
 * @example
 * await convertWeights('midas_v21_small_256.pt', 'midas.safetensors', { f16: true });
 */
export async function convertWeights(
  source: CheckpointSource,
  output: string,
  given: ConvertOptions = {},
): Promise<Converted> {
  checkOptions(given, CONVERT_OPTIONS, 'load');
  const { f16 = false, ...options } = given;
  const reads = new ProtectedFiles();
  await reads.addWeights(source);
  await reads.refuse(output);
  const folder = await folderBeside(output);
  const path = join(folder, 'weights.safetensors');
  let checkpoint: Checkpoint | undefined;
  try {
    checkpoint = await openCheckpoint(await resolvePath(source), options);
    const header = headerBytes(checkpoint.table, f16, checkpoint.source);
    const digests = new Map<string, string>();
    const file = await open(path, 'wx');
    try {
      await file.write(header.bytes);
      for await (const tensor of checkpoint.tensors()) {
        throwIfAborted(options.signal);
        const bytes = storedBytes(tensor, f16, checkpoint.source);
        digests.set(tensor.entry.name, digestOf(bytes));
        await writeAt(file, bytes, header.offsets.get(tensor.entry.name) as number);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await compare(path, digests);
    await reads.refuse(output);
    await rename(path, output);
    return { tensors: digests.size, bytes: header.total };
  } finally {
    await checkpoint?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A folder of its own beside the output: the name is free, and renaming does not cross file systems.
 * @throws DepthFileError `OUTPUT_WRITE` where none can be made there, or the output is a folder
 */
async function folderBeside(output: string): Promise<string> {
  const refuse = (what: string, cause?: unknown): DepthFileError =>
    new DepthFileError('OUTPUT_WRITE', `${output}: ${what}.`, { source: output, phase: 'write', cause });
  const found = await stat(output).catch(() => undefined);
  if (found?.isDirectory()) throw refuse('this is a folder; name the file to write');
  return mkdtemp(join(dirname(output), '.depthwise-')).catch((cause: unknown) => {
    throw refuse(`cannot be written (${(cause as Error).message})`, cause);
  });
}

function storedDtype({ dtype }: TensorEntry, f16: boolean): TensorDType {
  return f16 && WEIGHT_DTYPES.has(dtype) ? 'F16' : dtype;
}

function storedBytes({ entry, bytes }: TensorValues, f16: boolean, source: string): Uint8Array {
  if (storedDtype(entry, f16) === entry.dtype) return bytes;
  const values = decode(entry, bytes, source);
  checkHalfRange(entry.name, scanValues(values), source);
  return new Uint8Array(toHalf(values).buffer);
}

/** The header in the order of the file, and where in it each tensor's values begin. */
function headerBytes(
  { tensors, metadata }: TensorTable,
  f16: boolean,
  source: string,
): { bytes: Uint8Array; offsets: ReadonlyMap<string, number>; total: number } {
  const fields: [string, unknown][] = [['__metadata__', { format: 'pt', ...Object.fromEntries(metadata) }]];
  const begins = new Map<string, number>();
  let end = 0;
  for (const [name, entry] of tensors) {
    if (name === '__metadata__') {
      throw new WeightsFormatError(
        'ST_ENTRY',
        `${source}: a tensor is called "__metadata__", a name that safetensors keeps for itself.`,
        { source, tensor: name, phase: 'write' },
      );
    }
    const dtype = storedDtype(entry, f16);
    const size = ELEMENT_BYTES[dtype];
    if (size === undefined) {
      throw new UsageError(
        'CONVERT_DTYPE',
        `${source}: tensor ${quote(name)} holds ${dtype} values, which are not converted.`,
        {
          source,
          tensor: name,
          actual: dtype,
          phase: 'write',
        },
      );
    }
    begins.set(name, end);
    const begin = end;
    end += numel(entry.shape) * size;
    fields.push([name, { dtype, shape: entry.shape, data_offsets: [begin, end] }]);
  }
  // Not through an object, which would put names that are numbers first.
  const json = `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = Buffer.from(json);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  text.copy(bytes, 8);
  const offsets = new Map([...begins].map(([name, begin]) => [name, bytes.length + begin]));
  return { bytes, offsets, total: bytes.length + end };
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Reads the file as any other, and compares every tensor with what was meant to be written. */
async function compare(path: string, digests: ReadonlyMap<string, string>): Promise<void> {
  const written = await openCheckpoint(await fileSource(path));
  for await (const { entry, bytes } of written.tensors()) {
    const [expected, actual] = [digests.get(entry.name), digestOf(bytes)];
    if (actual === expected) continue;
    throw new IntegrityError(
      'INTEGRITY_SHA256',
      `${path}: tensor ${quote(entry.name)} was not written as it was read.`,
      {
        source: path,
        tensor: entry.name,
        expected,
        actual,
        phase: 'write',
      },
    );
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
