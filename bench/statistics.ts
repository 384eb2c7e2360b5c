/** What is kept of the samples of one thing. */
export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  /** Distance between the quartiles. */
  readonly iqr: number;
  /** Median distance from the median. */
  readonly mad: number;
  readonly n: number;
  /** In the order they were taken, to 5 significant digits. */
  readonly samples: readonly number[];
}

/** The quantile `q` in 0…1 of samples, linear between neighbours. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new Error('There are no samples.');
  const sorted = [...samples].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low + (high - low) * (at - Math.floor(at));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

export function summarizeSamples(samples: readonly number[]): Summary {
  const middle = median(samples);
  return {
    min: Math.min(...samples),
    median: middle,
    p95: quantile(samples, 0.95),
    iqr: quantile(samples, 0.75) - quantile(samples, 0.25),
    mad: median(samples.map((s) => Math.abs(s - middle))),
    n: samples.length,
    samples: samples.map((s) => Number(s.toPrecision(5))),
  };
}

/** True when the last three medians lie within `tolerance` of the smallest of them. */
export function agree(medians: readonly number[], tolerance: number): boolean {
  const last = medians.slice(-3);
  return last.length === 3 && Math.max(...last) <= (1 + tolerance) * Math.min(...last);
}

/**
 * Greatest common divisor of the differences of timestamps: the step of the clock. Undefined when they do not differ.
 */
export function quantumOf(ticks: readonly bigint[]): bigint | undefined {
  const first = ticks[0] ?? 0n;
  const step = ticks.reduce((divisor, tick) => gcd(divisor, tick > first ? tick - first : first - tick), 0n);
  return step === 0n ? undefined : step;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
