/** A GPU that kernels are compiled for, and a card that it is in. */
export interface Chip {
  /** RADV's name. */
  readonly name: string;
  readonly title: string;
  /** Compute units. */
  readonly units: number;
  /** Clock under load, Hz. */
  readonly clock: number;
  /** Operations on f32 that a lane begins in a clock: two where the compiler pairs them. */
  readonly issues: 1 | 2;
}

/** By AMD's data sheets: RX 6800 and RX 7900 XTX, at their game clocks. */
export const CHIPS: readonly Chip[] = [
  { name: 'navi21', title: 'RDNA2, 60 compute units at 2.1 GHz', units: 60, clock: 2.1e9, issues: 1 },
  { name: 'navi31', title: 'RDNA3, 96 compute units at 2.3 GHz', units: 96, clock: 2.3e9, issues: 2 },
];

/** A GPU of Intel's that kernels are compiled for. The model of a card is AMD's, so nothing is predicted of it. */
export interface IntelChip {
  /** The name that Mesa's no-op shim has for it. */
  readonly name: string;
  readonly title: string;
}

/** Gen12, and the two generations of Arc. */
export const INTEL_CHIPS: readonly IntelChip[] = [
  { name: 'tgl', title: 'Intel Xe LP, Tiger Lake' },
  { name: 'dg2', title: 'Intel Xe HPG, Arc A770M' },
  { name: 'lnl', title: 'Intel Xe2, Lunar Lake' },
];
