import { walk, type Instruction, type Program, type Region } from './assembly.js';
import type { Chip } from './chips.js';

/** Clocks from an instruction to its result: memory through L0 and L2, workgroup memory, scalar memory, a barrier. */
const LATENCY = { memory: 220, workgroup: 72, scalar: 60, barrier: 20 } as const;
/** Bytes that a compute unit moves in a clock. */
const WIDTH = { memory: 64, workgroup: 128 } as const;
/** SIMDs of a compute unit, of 32 lanes. */
const SIMDS = 2;
const LANES = 32;
/** Operations at a quarter of the rate, and 64-bit ones at half of it. */
const QUARTER = /^v_(?:exp|rcp|rsq|log|sqrt|sin|cos)_|^v_(?:mul_lo_u32|mul_hi|mad_u64|mad_i64)/;
const PRODUCT = /^v_(?:dual_|pk_)?mul_(?:legacy_)?f(?:16|32)/;
/** Two of f16 a lane, at the rate of one. */
const PACKED = /^v_pk_/;
const HALF = /^v_\w+_b64|^v_lshl_add_u64/;

/** What one wave takes: clocks of each unit, and how long it lasts alone. */
export interface WaveCost {
  valu: number;
  salu: number;
  workgroup: number;
  memory: number;
  /** Clocks of the VALU that are multiply-adds of floats. */
  fmaClocks: number;
  /** Multiply-adds of floats. */
  fma: number;
  /** The same with products that are added by another instruction. */
  products: number;
  /** Vectors of 16 bytes a lane that are loaded, from memory or workgroup memory. */
  loads: number;
  clocks: number;
}

/** How a dispatch is spread over a GPU. */
export interface Launch {
  readonly workgroups: number;
  readonly invocations: number;
  readonly subgroup: number;
  /** Waves that a SIMD holds at a time. */
  readonly waves: number;
}

/** The unit whose work lasts longest; `latency` where waves wait for what they loaded. */
export type Bound = 'valu' | 'salu' | 'workgroup memory' | 'memory' | 'latency';

/**
 * Walks one wave in order through a program whose loops run `turns` times, as nothing else did. Caches always hit,
 * banks never collide.
 */
export function waveCost(program: Program, turns: ReadonlyMap<Region, number>, subgroup: number): WaveCost {
  const wave = new Wave(program, turns, subgroup);
  wave.run(program.root);
  return wave.cost;
}

class Wave {
  readonly cost: WaveCost = emptyCost();
  readonly #program: Program;
  readonly #turns: ReadonlyMap<Region, number>;
  readonly #subgroup: number;
  /** When loads that are under way will be there. */
  #memory: number[] = [];
  #other: number[] = [];

  constructor(program: Program, turns: ReadonlyMap<Region, number>, subgroup: number) {
    this.#program = program;
    this.#turns = turns;
    this.#subgroup = subgroup;
  }

  /** One turn of a region. */
  run(region: Region): void {
    walk(region, {
      instruction: (i) => this.#issue(this.#program.instructions[i] as Instruction),
      loop: (inner) => this.#loop(inner, this.#turnsIn(inner, region)),
    });
  }

  #turnsIn(inner: Region, outer: Region): number {
    const all = this.#turns.get(outer) as number;
    return all > 0 ? (this.#turns.get(inner) as number) / all : 0;
  }

  /** The first turn finds other loads under way than the later ones, which are all as the second. */
  #loop(region: Region, turns: number): void {
    const walked = Math.min(2, Math.ceil(turns));
    for (let turn = 0; turn < walked; turn++) {
      const before = { ...this.cost };
      this.run(region);
      const times = turn === walked - 1 ? turns - turn : 1;
      for (const unit of Object.keys(before) as (keyof WaveCost)[])
        this.cost[unit] = before[unit] + (this.cost[unit] - before[unit]) * times;
    }
  }

  #issue({ op, operands, kind, paired }: Instruction): void {
    const { cost } = this;
    switch (kind) {
      case 'fma':
      case 'valu': {
        const clocks = paired ? 0 : this.#valuClocks(op);
        cost.valu += clocks;
        cost.clocks += clocks;
        const count = PACKED.test(op) ? 2 : 1;
        if (kind === 'fma' || PRODUCT.test(op)) cost.products += count;
        if (kind === 'fma') [cost.fma, cost.fmaClocks] = [cost.fma + count, cost.fmaClocks + clocks];
        return;
      }
      case 'workgroup load':
      case 'workgroup store':
        cost.workgroup += (bytesOf(op) * this.#subgroup) / WIDTH.workgroup;
        if (kind === 'workgroup load') cost.loads += bytesOf(op) / 16;
        cost.clocks += 1;
        this.#other.push(cost.clocks + LATENCY.workgroup);
        return;
      case 'load':
      case 'store':
      case 'scratch':
        cost.memory += Math.max((bytesOf(op) * this.#subgroup) / WIDTH.memory, this.#subgroup / 16);
        cost.clocks += 1;
        if (kind === 'load') {
          cost.loads += bytesOf(op) / 16;
          this.#memory.push(cost.clocks + LATENCY.memory);
        }
        return;
      case 'scalar load':
        this.#other.push(cost.clocks + LATENCY.scalar);
        cost.clocks += 1;
        return;
      case 'wait':
        this.#memory = this.#wait(this.#memory, /vmcnt\((\d+)\)/.exec(operands)?.[1]);
        this.#other = this.#wait(this.#other, /lgkmcnt\((\d+)\)/.exec(operands)?.[1]);
        return;
      case 'barrier':
        cost.clocks += LATENCY.barrier;
        return;
      case 'salu':
        cost.salu += 1;
        cost.clocks += 1;
        return;
      case 'free':
    }
  }

  #valuClocks(op: string): number {
    const passes = this.#subgroup / LANES;
    return QUARTER.test(op) ? 4 * passes : HALF.test(op) ? 2 * passes : passes;
  }

  /** Waits until at most `left` loads are under way. */
  #wait(underWay: readonly number[], left: string | undefined): number[] {
    if (left === undefined) return [...underWay];
    const done = Math.max(0, underWay.length - Number(left));
    this.cost.clocks = Math.max(this.cost.clocks, ...underWay.slice(0, done));
    return underWay.slice(done);
  }
}

/** Bytes of a lane that an instruction moves. */
function bytesOf(op: string): number {
  if (/x4|b128/.test(op)) return 16;
  if (/x3|b96/.test(op)) return 12;
  return /x2|b64/.test(op) ? 8 : 4;
}

function emptyCost(): WaveCost {
  return { valu: 0, salu: 0, workgroup: 0, memory: 0, fmaClocks: 0, fma: 0, products: 0, loads: 0, clocks: 0 };
}

/**
 * Seconds of a dispatch, and the unit that binds. The fullest compute unit decides; its waves take turns on its units,
 * and as many at a time as it holds wait for their loads. Dispatches do not overlap; DRAM is left out.
 */
export function predict(cost: WaveCost, launch: Launch, chip: Chip): { seconds: number; bound: Bound } {
  const waves = Math.ceil(launch.workgroups / chip.units) * Math.ceil(launch.invocations / launch.subgroup);
  const onSimd = Math.ceil(waves / SIMDS);
  const resident = Math.max(1, Math.min(launch.waves, onSimd));
  const clocks: Record<Bound, number> = {
    valu: onSimd * cost.valu,
    salu: onSimd * cost.salu,
    'workgroup memory': waves * cost.workgroup,
    memory: waves * cost.memory,
    latency: Math.ceil(onSimd / resident) * cost.clocks,
  };
  const [bound, most] = (Object.entries(clocks) as [Bound, number][]).reduce((a, b) => (b[1] > a[1] ? b : a));
  return { seconds: most / chip.clock, bound };
}

/** Multiplications and additions of f32 in a second, of all lanes, with all operations paired that may be. */
export function peakFlops({ units, clock, issues }: Chip): number {
  return 2 * units * SIMDS * LANES * clock * issues;
}
