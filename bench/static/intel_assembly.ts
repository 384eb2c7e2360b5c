import { nest, regionsOf, walk, type Region } from './assembly.js';

/** What is in the loop of a kernel that has most multiply-adds, whatever its turns. */
export interface HotLoop {
  /** Multiply-adds of floats, of all its instructions but waits; 0 to 1, 0 where no loop has one. */
  readonly fmaShare: number;
  /** Messages that store registers that were spilled, or load them again. */
  readonly spills: number;
}

const LABEL = /^(LABEL\d+):/;
/** `(+f0.0) mad(8)   g4<1>F   …`, `sync nop(1)  …`: all begin in the first column, what they go on with does not. */
const INSTRUCTION = /^(?:\([^)]*\)\s*)?([a-z]\w*)[^(]*\(\d+\)/;
const FMA = /^(?:\([^)]*\)\s*)?mad[^(]*\(\d+\)\s+\S+<\d+>H?F\b/;
/**
 * Memory that registers are spilled to: from Arc on behind a surface that only it has, before it in blocks of the
 * surface 253.
 */
const SPILL = /\bMsgDesc: \( (?:load|store)\b[^)]*\bss \)|\bDC OWORD block (?:read|write), bti 253\b/;
const JUMP_BACK = /^(?:\([^)]*\)\s*)?while\(\d+\)\s+JIP:\s+(LABEL\d+)/;

/**
 * Reads the assembly that ANV's compiler prints and looks at the loop that does most, by itself without loops in it.
 */
export function hotLoopOf(assembly: string): HotLoop {
  const instructions: string[] = [];
  const labels = new Map<string, number>();
  const loops: { start: number; end: number }[] = [];
  for (const line of assembly.split('\n')) {
    const label = LABEL.exec(line)?.[1];
    if (label) labels.set(label, instructions.length);
    else if (INSTRUCTION.test(line)) {
      const target = labels.get(JUMP_BACK.exec(line)?.[1] ?? '');
      if (target !== undefined) loops.push({ start: target, end: instructions.length });
      instructions.push(line);
    } else if (instructions.length > 0) instructions.push(`${instructions.pop()} ${line.trim()}`);
  }
  const own = regionsOf(nest(loops, instructions.length - 1))
    .slice(1)
    .map((region) => ownLines(region, instructions));
  const fma = (lines: readonly string[]) => lines.filter((line) => FMA.test(line)).length;
  const hot = own.reduce<readonly string[]>((most, lines) => (fma(lines) > fma(most) ? lines : most), []);
  const issued = hot.filter((line) => !line.startsWith('sync ')).length;
  return { fmaShare: issued > 0 ? fma(hot) / issued : 0, spills: hot.filter((line) => SPILL.test(line)).length };
}

function ownLines(region: Region, instructions: readonly string[]): string[] {
  const lines: string[] = [];
  walk(region, { loop: () => undefined, instruction: (i) => lines.push(instructions[i] as string) });
  return lines;
}
