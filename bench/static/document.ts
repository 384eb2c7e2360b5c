import type { Bound } from './cost_model.js';

/** Version of the format; a reader refuses any other. */
export const SCHEMA = 'depthwise-static/1';

/** What compilers of real GPUs make of the kernels, and what a model of the GPUs predicts: nothing in it was run. */
export interface StaticDocument {
  readonly schema: typeof SCHEMA;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly tool: { readonly version: string; readonly commit: string };
  readonly chips: readonly ChipFacts[];
  readonly rows: readonly (StaticRow | CountedRow)[];
  /** Of chips that there is a model of. */
  readonly models: readonly StaticModel[];
  /** What was asked for and not compiled, each with the reason. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

export interface ChipFacts {
  readonly chip: string;
  readonly title: string;
  /** Driver and version. */
  readonly driver: string;
  /** Multiply-adds of f32 counted twice; on RDNA3 with two of them a clock and lane, as its compiler pairs them. Left
   * out where nothing is predicted. */
  readonly peakTflops?: number;
}

/** A kernel on the shapes of a model's node; nodes that are alike share a row. */
export interface StaticRow {
  readonly chip: string;
  readonly model: string;
  /** The library and its version where the kernel is none of ours, but does the same work; never `chosen`. */
  readonly peer?: string;
  /** `op/kernel`; of a peer `op/2 of 3`, the dispatches that it takes. */
  readonly kernel: string;
  /** `3x3 64->64 148x148` */
  readonly shape: string;
  /** Whether the rule picks it there; the others could do the same work. */
  readonly chosen: boolean;
  readonly precision: 'f32' | 'f16';
  /** Nodes of the model that are alike. */
  readonly nodes: number;
  readonly vgprs: number;
  readonly spilledVgprs: number;
  readonly spilledSgprs: number;
  /** Workgroup memory, bytes. */
  readonly ldsBytes: number;
  /**
   * Waves that a SIMD holds at a time, of 64 lanes, or as many as the kernel asked for: registers, workgroup memory and
   * the size of the workgroup bound them.
   */
  readonly waves: number;
  /** Clocks of the vector ALU that are multiply-adds of floats, of all of them, loops by their turns; 0 to 1. */
  readonly fmaShare: number;
  /** Multiply-adds for 16 bytes loaded, from memory or workgroup memory; 0 where nothing is loaded. */
  readonly fmaPerLoad: number;
  readonly workgroups: number;
  /** Of one node. */
  readonly predictedMs: number;
  readonly bound: Bound;
  /** Floating-point work of the op over that of its predicted time at the chip's peak; 0 to 1. */
  readonly shareOfPeak: number;
  /** Products of the op over those that the assembly issues: below 1 by edges; above 1, turns of loops are wrong. */
  readonly useful: number;
  /** Clamps, in the loop that does most of the multiply-adds, of indices that Tint could not prove to be inside. */
  readonly hotClamps: number;
  /** Whether the loop that does most of the multiply-adds touches memory that registers were spilled to. */
  readonly hotSpills: boolean;
}

/**
 * A kernel compiled for a chip that there is no model of, at the lanes that the engine asks for or at those that a
 * browser takes by itself: what its compiler counts.
 */
export interface CountedRow extends Pick<
  StaticRow,
  'chip' | 'model' | 'kernel' | 'shape' | 'chosen' | 'precision' | 'nodes' | 'ldsBytes' | 'workgroups'
> {
  /** The same for kernels of one text: 8 digits of its SHA-256. */
  readonly text: string;
  /** Lanes of a subgroup. */
  readonly lanes: number;
  /** Whether the engine asked for them, as it does where WGSL may. */
  readonly lanesAsked: boolean;
  /** Stores of registers that were spilled, anywhere in the kernel, and loads of them. */
  readonly spilledVgprs: number;
  readonly fills: number;
  /** Both in the loop that has most multiply-adds, whatever its turns. */
  readonly hotSpills: number;
  /** Multiply-adds of the instructions of that loop; 0 to 1. */
  readonly hotFmaShare: number;
  readonly instructions: number;
  /** Messages to memory, workgroup memory and barriers, of all instructions. */
  readonly sends: number;
  /** The compiler's own estimate for a subgroup: comparable between forms of one text only, turns of loops guessed. */
  readonly cycles: number;
}

export function isPredicted(row: StaticRow | CountedRow): row is StaticRow {
  return !('cycles' in row);
}

/** A network: its nodes one after the other. */
export interface StaticModel {
  readonly chip: string;
  readonly model: string;
  /** Width×height of the network's input. */
  readonly size: string;
  readonly precision: 'f32' | 'f16';
  readonly dispatches: number;
  readonly predictedMs: number;
  readonly shareOfPeak: number;
}

/** Kinds of fields; those with `?` may be missing. */
type Shape = Readonly<Record<string, 'string' | 'number' | 'boolean' | 'number?' | 'string?'>>;
const ROW: Shape = {
  chip: 'string',
  model: 'string',
  peer: 'string?',
  kernel: 'string',
  shape: 'string',
  chosen: 'boolean',
  precision: 'string',
  nodes: 'number',
  vgprs: 'number',
  spilledVgprs: 'number',
  spilledSgprs: 'number',
  ldsBytes: 'number',
  waves: 'number',
  fmaShare: 'number',
  fmaPerLoad: 'number',
  workgroups: 'number',
  predictedMs: 'number',
  bound: 'string',
  shareOfPeak: 'number',
  useful: 'number',
  hotClamps: 'number',
  hotSpills: 'boolean',
};
const COUNTED: Shape = {
  chip: 'string',
  model: 'string',
  kernel: 'string',
  shape: 'string',
  chosen: 'boolean',
  precision: 'string',
  nodes: 'number',
  ldsBytes: 'number',
  workgroups: 'number',
  text: 'string',
  lanes: 'number',
  lanesAsked: 'boolean',
  spilledVgprs: 'number',
  fills: 'number',
  hotSpills: 'number',
  hotFmaShare: 'number',
  instructions: 'number',
  sends: 'number',
  cycles: 'number',
};
const MODEL: Shape = {
  chip: 'string',
  model: 'string',
  size: 'string',
  precision: 'string',
  dispatches: 'number',
  predictedMs: 'number',
  shareOfPeak: 'number',
};
const CHIP: Shape = { chip: 'string', title: 'string', driver: 'string', peakTflops: 'number?' };
const SKIPPED: Shape = { id: 'string', reason: 'string' };

/** A document from JSON text. @throws Error naming the first field that is missing or of the wrong kind */
export function parseStaticDocument(text: string): StaticDocument {
  const document = JSON.parse(text) as StaticDocument;
  const fault = faultOf(document);
  if (fault) throw new Error(`No document of bench:static: ${fault}.`);
  return document;
}

/** The first fault of a document, in words; undefined when it is sound. */
export function faultOf(document: StaticDocument): string | undefined {
  if (document.schema !== SCHEMA) return `schema is "${document.schema}"`;
  if (Number.isNaN(Date.parse(document.date))) return `date is "${document.date}"`;
  const lists = { rows: ROW, models: MODEL, chips: CHIP, skipped: SKIPPED };
  for (const [name, shape] of Object.entries(lists)) {
    const list = document[name as keyof typeof lists] as readonly unknown[] | undefined;
    if (!Array.isArray(list)) return `${name} is no list`;
    for (const [i, entry] of list.entries()) {
      const fault = misfit(
        entry as Record<string, unknown>,
        shape === ROW && !isPredicted(entry as StaticRow) ? COUNTED : shape,
      );
      if (fault) return `${name}[${i}].${fault}`;
    }
  }
  return document.rows.map(outOfRange).find((fault) => fault !== undefined);
}

function misfit(entry: Readonly<Record<string, unknown>>, shape: Shape): string | undefined {
  const fits = (value: unknown, kind: string): boolean =>
    kind.endsWith('?')
      ? value === undefined || fits(value, kind.slice(0, -1))
      : typeof value === kind && !Number.isNaN(value);
  const [field, kind] = Object.entries(shape).find(([name, one]) => !fits(entry[name], one)) ?? [];
  return field && `${field} is not of kind ${kind}`;
}

function outOfRange(row: StaticRow | CountedRow, i: number): string | undefined {
  const shares = isPredicted(row)
    ? { fmaShare: row.fmaShare, shareOfPeak: row.shareOfPeak }
    : { hotFmaShare: row.hotFmaShare };
  for (const [field, share] of Object.entries(shares))
    if (share < 0 || share > 1) return `rows[${i}].${field} is ${share}, not of 0 to 1`;
  if (!isPredicted(row)) return row.lanes > 0 ? undefined : `rows[${i}].lanes is ${row.lanes}, not above 0`;
  const { predictedMs, waves, vgprs } = row;
  if (!(predictedMs > 0)) return `rows[${i}].predictedMs is ${predictedMs}, not above 0`;
  return waves > 0 && vgprs > 0 ? undefined : `rows[${i}] has ${waves} waves and ${vgprs} registers, not above 0`;
}
