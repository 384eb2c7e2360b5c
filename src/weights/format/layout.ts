import { quote, WeightsFormatError } from '../../errors.js';
import type { TensorEntry } from './tensor_table.js';

/** Where a tensor is in a safetensors file. */
export interface SafetensorsEntry extends TensorEntry {
  /** First byte, counted from the start of the data. */
  readonly begin: number;
  /** One past the last byte, counted from the start of the data. */
  readonly end: number;
}

/**
 * Sorts entries into file order and checks that they tile the data: from 0, without overlap or gap, to its end.
 * Anything else could hide a second file in this one, or expand a small file into a large allocation.
 * @param available bytes after the header, where known
 * @returns bytes that the tensors cover
 * @throws WeightsFormatError `ST_OFFSETS`, `ST_OVERLAP`, `ST_HOLE` or `ST_TRAILING`
 */
export function checkLayout(entries: SafetensorsEntry[], available: number | undefined, source: string): number {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let previous: SafetensorsEntry | undefined;
  for (const entry of entries) {
    if (available !== undefined && entry.end > available) {
      throw new WeightsFormatError(
        'ST_OFFSETS',
        `${source}: tensor ${quote(entry.name)} ends at byte ${entry.end} of the data, which has ` +
          `${available}. The file may be cut short.`,
        { source, tensor: entry.name, expected: entry.end, actual: available },
      );
    }
    if (previous && entry.begin < covered) {
      throw new WeightsFormatError(
        'ST_OVERLAP',
        `${source}: tensors ${quote(previous.name)} (${previous.begin}–${previous.end}) and ${quote(entry.name)} ` +
          `(${entry.begin}–${entry.end}) overlap.`,
        { source, tensor: entry.name, expected: covered, actual: entry.begin },
      );
    }
    if (entry.begin > covered) {
      throw new WeightsFormatError(
        'ST_HOLE',
        `${source}: no tensor covers bytes ${covered}–${entry.begin} of the data, before ${quote(entry.name)}.`,
        { source, tensor: entry.name, expected: covered, actual: entry.begin },
      );
    }
    covered = entry.end;
    previous = entry;
  }
  if (available !== undefined && available > covered) {
    throw new WeightsFormatError(
      'ST_TRAILING',
      `${source}: ${available - covered} bytes follow the last tensor${previous ? ` ${quote(previous.name)}` : ''}; ` +
        `the data should be ${covered} bytes long, and is ${available}.`,
      { source, expected: covered, actual: available },
    );
  }
  return covered;
}
