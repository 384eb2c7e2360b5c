import type { Gpu } from '../../src/gpu/gpu.js';
import type { SeededEntry } from '../../truth/seeded_weights.js';
import type { Recording } from '../peers/record.js';
import type { Chip, IntelChip } from './chips.js';
import type { StaticDocument } from './document.js';
import type { NetworkCase } from './networks.js';
import type { NullRun } from './null_device.js';

/** What to compile, and for what. */
export interface StaticOptions {
  readonly networks: readonly NetworkCase[];
  readonly chips: readonly Chip[];
  readonly intel: readonly IntelChip[];
  readonly precisions: readonly ('f32' | 'f16')[];
  /** What peers dispatch, as bench:peers recorded it. */
  readonly peers: readonly Recording[];
  /** Kernels that the rule does not pick, too. */
  readonly contenders: boolean;
}

/** What the surroundings do. */
export interface StaticHost {
  /** A device that runs kernels, for the turns of their loops; a CPU will do. */
  readonly gpu: Gpu;
  readonly tool: StaticDocument['tool'];
  tensors(checkpoint: string): Promise<readonly SeededEntry[]>;
  compile(chip: string, texts: readonly string[], how?: { readonly checked: boolean }): Promise<NullRun>;
  /** Why nothing can be compiled for Intel's chips, in words; undefined where it can. */
  intelFault(): string | undefined;
  say(line: string): void;
}
