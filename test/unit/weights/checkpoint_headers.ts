import { readFileSync } from 'node:fs';
import type { TensorDType, TensorEntry, TensorTable } from '../../../src/weights/format/tensor_table.js';

/** Name → element type and shape. */
export type TensorList = Readonly<Record<string, readonly [TensorDType, readonly number[]]>>;

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/checkpoints/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** A header with these tensors; they all claim the first byte, as these tests look at names and shapes alone. */
export function headerOf(list: TensorList): TensorTable {
  const tensors = new Map<string, TensorEntry>(
    Object.entries(list).map(([name, [dtype, shape]]) => [name, { name, dtype, shape }]),
  );
  return { tensors, metadata: new Map() };
}
