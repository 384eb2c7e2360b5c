import { markedLoop } from './loops.js';

/** What an instruction of RDNA does, as far as the cost of a kernel depends on it. */
export type Kind =
  | 'fma'
  | 'valu'
  | 'workgroup load'
  | 'workgroup store'
  | 'load'
  | 'store'
  | 'scalar load'
  | 'scratch'
  | 'wait'
  | 'barrier'
  | 'salu'
  | 'free';

export interface Instruction {
  readonly op: string;
  readonly operands: string;
  readonly kind: Kind;
  /** The second of two operations that RDNA3 issues as one. */
  readonly paired: boolean;
}

/** A loop of a program, or all of it: instructions from `start` to `end`, the last included. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly inner: readonly Region[];
}

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly root: Region;
}

/** Kinds by the names of instructions, the first that matches. FMA: multiply-add of floats, one a lane; `pk`: two. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^v_nop/, 'free'],
  [/^v_mad_[ui]/, 'valu'],
  [/^v_(?:dual_|pk_)?(?:fma|fmac|fmaak|fmamk|mad|mac)_/, 'fma'],
  [/^v_/, 'valu'],
  [/^ds_(?:read|load)/, 'workgroup load'],
  [/^ds_/, 'workgroup store'],
  [/^(?:buffer|global|image|tbuffer)_load/, 'load'],
  [/^(?:buffer|global|image|tbuffer)_/, 'store'],
  [/^scratch_/, 'scratch'],
  [/^s_(?:buffer_)?load/, 'scalar load'],
  [/^s_wait/, 'wait'],
  [/^s_barrier/, 'barrier'],
  [/^s_(?:nop|clause|delay_alu|inst_prefetch|code_end|set_inst)/, 'free'],
  [/^s_/, 'salu'],
];

/** Reads the assembly that ACO, RADV's compiler, prints. @throws Error naming a line that is none of it */
export function parseAssembly(text: string): Program {
  const instructions: Instruction[] = [];
  const labels = new Map<string, number>();
  for (const line of text.split('\n')) {
    const label = /^(BB\d+):/.exec(line)?.[1];
    const repeated = /^\s*\(then repeated (\d+) times\)/.exec(line)?.[1];
    const unread = /^\(invalid instruction\)\s*; ([0-9a-f]{8})$/.exec(line)?.[1];
    if (label) labels.set(label, instructions.length);
    else if (unread) instructions.push(...unreadInstruction(parseInt(unread, 16)));
    else if (repeated) instructions.push(...Array<Instruction>(Number(repeated)).fill(instructions.at(-1)!));
    else if (line.trim() !== '') instructions.push(...parseLine(line));
  }
  const loops = instructions.flatMap(({ op, operands }, end) => {
    const target = /^s_c?branch/.test(op) ? labels.get(/BB\d+/.exec(operands)?.[0] ?? '') : undefined;
    return target !== undefined && target <= end ? [{ start: target, end }] : [];
  });
  return { instructions, root: nest(loops, instructions.length - 1) };
}

/**
 * Loads of 16 scalars whose last are VCC are sound, but not to the disassembler, which gives their two words one by
 * one; the second is an offset.
 */
function unreadInstruction(word: number): Instruction[] {
  const scalarMemory = word >>> 26 === 0x3d;
  return scalarMemory ? [{ op: 's_buffer_load_dwordx16', operands: '', kind: 'scalar load', paired: false }] : [];
}

function parseLine(line: string): Instruction[] {
  const found = /^\s+([a-z]\w+)\s*(.*?)\s*(?:;[^;]*)?$/.exec(line);
  if (!found) throw new Error(`This is no line of RDNA assembly: "${line}".`);
  const [, op, operands] = found as unknown as [string, string, string];
  // RDNA3 issues two operations as one: `v_dual_fmac_f32 v1, v2, v3 :: v_dual_mov_b32 v4, v5`.
  const [first, second] = operands.split('::') as [string, string | undefined];
  const alone = { op, operands: first.trim(), kind: kindOf(op), paired: false };
  if (second === undefined) return [alone];
  const [, pair, rest] = /^\s*(\S+)\s*(.*)$/.exec(second) as unknown as [string, string, string];
  return [alone, { op: pair, operands: rest, kind: kindOf(pair), paired: true }];
}

function kindOf(op: string): Kind {
  const known = KINDS.find(([pattern]) => pattern.test(op));
  if (!known) throw new Error(`"${op}" is an instruction of no known kind.`);
  return known[1];
}

/** Loops that begin at one place are one loop, up to the last jump back. */
export function nest(loops: readonly { start: number; end: number }[], last: number): Region {
  const ends = new Map<number, number>();
  for (const { start, end } of loops) ends.set(start, Math.max(end, ends.get(start) ?? 0));
  const root = { start: 0, end: last, inner: [] as Region[] };
  const open = [root];
  for (const [start, end] of [...ends].sort(([a], [b]) => a - b)) {
    while (open.length > 1 && (open.at(-1) as Region).end < end) open.pop();
    const region = { start, end, inner: [] as Region[] };
    (open.at(-1) as typeof root).inner.push(region);
    open.push(region);
  }
  return root;
}

/** A region and all in it, the outer ones first. */
export function regionsOf(root: Region): Region[] {
  return [root, ...root.inner.flatMap(regionsOf)];
}

/** Calls back for each instruction of a region that is in no loop of it, and for each loop, in their order. */
export function walk(region: Region, at: { instruction(index: number): void; loop(inner: Region): void }): void {
  let i = region.start;
  for (const inner of region.inner) {
    for (; i < inner.start; i++) at.instruction(i);
    at.loop(inner);
    i = inner.end + 1;
  }
  for (; i <= region.end; i++) at.instruction(i);
}

/** How often the mark of each loop of the WGSL is in a region, but for the loops in it. */
export function marksOf({ instructions }: Program, region: Region): Map<number, number> {
  const marks = new Map<number, number>();
  walk(region, {
    loop: () => undefined,
    instruction: (i) => {
      const { op, operands } = instructions[i] as Instruction;
      const loop = markedLoop(op, operands);
      if (loop !== undefined) marks.set(loop, (marks.get(loop) ?? 0) + 1);
    },
  });
  return marks;
}
