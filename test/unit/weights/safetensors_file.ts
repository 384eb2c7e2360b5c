import { expect } from 'vitest';
import { DepthwiseError } from '../../../src/errors.js';

/** A tensor of a test file: its values are bytes counting up from its place in the file. */
export interface TestTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** A file with this header text, and this much or this data after it. */
export function fileOf(header: string | Uint8Array, data: number | Uint8Array = 0): Uint8Array<ArrayBuffer> {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const body = typeof data === 'number' ? Uint8Array.from({ length: data }, (_, i) => i) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

/** A well-formed file of these tensors, one after the other. */
export function fileWith(
  tensors: Readonly<Record<string, TestTensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let at = 0;
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors))
    header[name] = { dtype, shape, data_offsets: [at, (at += bytes)] };
  return fileOf(JSON.stringify(header), at);
}

/** A well-formed file of F32 tensors with these values. */
export function fileOfFloats(
  tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>,
): Uint8Array<ArrayBuffer> {
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values }]) => [
      name,
      { dtype: 'F32', shape, data_offsets: [at, (at += 4 * values.length)] },
    ]),
  );
  return fileOf(
    JSON.stringify(header),
    new Uint8Array(Float32Array.from(Object.values(tensors).flatMap(({ values }) => values)).buffer),
  );
}

/** Runs `work`, which must raise one of our errors, and returns it. */
export function faultOf(work: () => unknown): DepthwiseError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(DepthwiseError);
    return error as DepthwiseError;
  }
  throw new Error('no error was raised');
}

export async function faultOfAsync(work: () => Promise<unknown>): Promise<DepthwiseError> {
  const outcome = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(DepthwiseError);
  return outcome as DepthwiseError;
}
