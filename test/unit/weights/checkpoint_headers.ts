import { readFileSync } from 'node:fs';
import type { SafetensorsDType, SafetensorsHeader, TensorEntry } from '../../../src/weights/format/safetensors.js';

/** Name → element type and shape. */
export type TensorList = Readonly<Record<string, readonly [SafetensorsDType, readonly number[]]>>;

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/checkpoints/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** A header with these tensors; they all claim the first byte, as these tests look at names and shapes alone. */
export function headerOf(list: TensorList): SafetensorsHeader {
  const tensors = new Map<string, TensorEntry>(
    Object.entries(list).map(([name, [dtype, shape]]) => [name, { name, dtype, shape, begin: 0, end: 0 }]),
  );
  return { tensors, metadata: new Map(), dataOffset: 8, dataLength: 0 };
}
