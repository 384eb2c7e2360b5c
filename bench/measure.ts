import type { Protocol } from './document.js';
import { agree, median, summarizeSamples, type Summary } from './statistics.js';

/** One of several things measured against each other; a sample is in milliseconds. */
export interface Subject {
  readonly sample: () => Promise<number>;
}

export interface Measured {
  readonly ms: Summary;
  readonly stable: boolean;
}

const BLOCK = 3;

/**
 * Warms every subject up, then takes turns: A B, B A, A B, …, so that heat and other work on the machine weigh on all
 * of them alike.
 */
export async function measure(
  subjects: readonly Subject[],
  protocol: Pick<Protocol, 'samples' | 'stableWithin' | 'warmUpBlocks' | 'warmUpMs'>,
): Promise<Measured[]> {
  const stable: boolean[] = [];
  for (const subject of subjects) stable.push(await warmUp(subject, protocol));
  const samples = subjects.map((): number[] => []);
  const order = subjects.map((_, i) => i);
  for (let round = 0; round < protocol.samples; round++) {
    for (const i of round % 2 === 0 ? order : [...order].reverse())
      samples[i]?.push(await (subjects[i] as Subject).sample());
  }
  return samples.map((taken, i) => ({ ms: summarizeSamples(taken), stable: stable[i] as boolean }));
}

async function warmUp(
  { sample }: Subject,
  { stableWithin, warmUpBlocks, warmUpMs }: Pick<Protocol, 'stableWithin' | 'warmUpBlocks' | 'warmUpMs'>,
): Promise<boolean> {
  const medians: number[] = [];
  const end = performance.now() + warmUpMs;
  while (medians.length < warmUpBlocks) {
    const block: number[] = [];
    for (let i = 0; i < BLOCK; i++) {
      block.push(await sample());
      if (performance.now() > end) return false;
    }
    medians.push(median(block));
    if (agree(medians, stableWithin)) return true;
  }
  return false;
}

/** How often to repeat something of `milliseconds` so that it takes as long as the protocol wants at this clock. */
export function repeatsFor(
  milliseconds: number,
  quantumNs: number,
  { minPassMs, quantaPerPass }: Pick<Protocol, 'minPassMs' | 'quantaPerPass'>,
): number {
  const wanted = Math.max(minPassMs, (quantaPerPass * quantumNs) / 1e6);
  return Math.max(1, Math.min(MAX_REPEATS, Math.ceil(wanted / Math.max(milliseconds, 1e-6))));
}

/** Keeps the recording of a pass short of what drivers take in one command buffer. */
const MAX_REPEATS = 4096;
