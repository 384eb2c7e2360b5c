import { UsageError } from '../errors.js';
import { registry } from '../models/registry.js';
import { findEntry } from '../models/resolve.js';

/** Options that not every model takes. */
interface ModelDependent {
  readonly sky?: boolean;
  readonly withoutSky?: boolean;
  readonly steady?: boolean;
}

/** Whether a model sees the frames of a video together, in windows where the whole of it is there. */
export function seesWindows(name: string): boolean {
  return findEntry(name)?.temporal === true;
}

/**
 * Refuses what a model cannot do, before it is loaded where its name is known.
 * @throws UsageError OPTION_CONFLICT for a sky that it does not give; OPTION_STEADY where it holds its depth still
 *   itself
 */
export function requireOfModel(name: string, { sky, withoutSky, steady }: ModelDependent): void {
  const entry = findEntry(name);
  if (!entry) return;
  if (steady && entry.temporal)
    throw new UsageError('OPTION_STEADY', `${entry.title} holds its depth still by itself.`, {
      hint: 'Leave --steady out.',
      expected: [false],
      actual: true,
    });
  const asked = sky ? 'sky' : withoutSky ? 'without-sky' : undefined;
  if (!asked || entry.beside?.includes('sky')) return;
  const giving = registry.filter(({ beside }) => beside?.includes('sky')).map((each) => each.name);
  throw new UsageError('OPTION_CONFLICT', `${entry.title} gives no sky, which --${asked} needs.`, {
    hint: `These do: ${giving.join(', ')}.`,
    expected: giving,
    actual: entry.name,
  });
}
