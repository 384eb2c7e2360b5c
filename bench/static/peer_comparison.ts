import type { StaticRow } from './document.js';

/** An operation of ours beside a peer's. */
export interface PeerComparison {
  readonly chip: string;
  readonly peer: string;
  readonly kernel: string;
  readonly model: string;
  readonly shape: string;
  readonly ours: number;
  /** Predicted ms of the peer's dispatches that multiply: what it only moves is left out. */
  readonly theirs: number;
  /** How much longer the peer takes; below 1 we do. */
  readonly ratio: number;
}

/** What a dispatch does at least, of the operation's products, to be one that multiplies. */
const LEAST = 0.01;

/** Predicted times of ours and of peers, for each operation that both have; ours is the quickest node of its shape. */
export function comparePeers(rows: readonly StaticRow[]): PeerComparison[] {
  const groups = new Map<string, StaticRow[]>();
  for (const row of rows.filter(({ peer }) => peer !== undefined)) {
    const key = [row.chip, row.peer, row.model, opOf(row), row.shape].join();
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((dispatches) => {
    const { chip, peer, model, shape } = dispatches[0] as StaticRow;
    const [ours] = rows
      .filter((row) => row.chosen && row.chip === chip && row.model === model && row.shape === shape)
      .filter((row) => row.precision === 'f32' && opOf(row) === opOf(dispatches[0] as StaticRow))
      .sort((a, b) => a.predictedMs - b.predictedMs);
    const multiplying = dispatches.filter(({ useful }) => useful > 0 && 1 / useful >= LEAST);
    if (!ours || multiplying.length === 0) return [];
    const theirs = multiplying.reduce((sum, { predictedMs }) => sum + predictedMs, 0);
    const { kernel, predictedMs } = ours;
    return [
      { chip, peer: peer as string, kernel, model, shape, ours: predictedMs, theirs, ratio: theirs / predictedMs },
    ];
  });
}

function opOf({ kernel }: StaticRow): string {
  return kernel.split('/')[0] as string;
}
