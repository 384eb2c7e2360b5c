import type { CountedRow } from './document.js';

/** Texts for a chip with one storage of weights, at one number of lanes, and what of them spills. */
export interface Spills extends Pick<CountedRow, 'chip' | 'precision' | 'lanes' | 'lanesAsked'> {
  readonly texts: number;
  readonly spilling: number;
  /** Those that do it in the loop that has most multiply-adds. */
  readonly hot: number;
  /** Of all texts, each once. */
  readonly stores: number;
  readonly loads: number;
}

/** Counts texts, each once however many models and shapes it serves, by chip, storage and lanes. */
export function spills(rows: readonly CountedRow[]): Spills[] {
  const groups = new Map<string, Map<string, CountedRow>>();
  for (const row of rows) {
    const { chip, precision, lanes, lanesAsked, text } = row;
    const key = [chip, precision, lanes, lanesAsked].join();
    if (!groups.has(key)) groups.set(key, new Map());
    groups.get(key)?.set(text, row);
  }
  return [...groups.values()].map((group) => {
    const texts = [...group.values()];
    const { chip, precision, lanes, lanesAsked } = texts[0] as CountedRow;
    return {
      chip,
      precision,
      lanes,
      lanesAsked,
      texts: texts.length,
      spilling: texts.filter(({ spilledVgprs }) => spilledVgprs > 0).length,
      hot: texts.filter(({ hotSpills }) => hotSpills > 0).length,
      stores: texts.reduce((sum, { spilledVgprs }) => sum + spilledVgprs, 0),
      loads: texts.reduce((sum, { fills }) => sum + fills, 0),
    };
  });
}
