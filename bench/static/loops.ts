/**
 * Loops of a WGSL text, in the order in which they are written, made to tell of themselves. The same marks show how
 * often each runs, and which loop of the compiler's assembly is which, however it was unrolled or cut in two.
 */

/** Binding of what the marks write: no kernel has so many. */
export const MARKS_BINDING = 900;
/** Invocations that a workgroup has at most, by WebGPU's limits of today. */
export const MOST_INVOCATIONS = 1024;
/** Marks are words from here on in the assembly, so that the atomics of kernels are not taken for them. */
const FIRST_WORD = 512;

/** Number of loops in a text. */
export function loopCount(code: string): number {
  return bodiesOf(plain(code)).length;
}

/** The text with an atomic add in each loop, at an address that names the loop: for the compiler. */
export function markLoops(code: string): string {
  const declared =
    `@group(0) @binding(${MARKS_BINDING}) ` + 'var<storage, read_write> loop_marks: array<atomic<u32>, 1024>;';
  return withMarks(plain(code), declared, (loop) => `atomicAdd(&loop_marks[${FIRST_WORD + loop}], 1u);`);
}

/** The loop that an instruction of the assembly marks; undefined for all others. */
export function markedLoop(op: string, operands: string): number | undefined {
  if (!op.startsWith('buffer_atomic_add')) return undefined;
  const word = Number(/\boffset:(\d+)/.exec(operands)?.[1]) / 4;
  return word >= FIRST_WORD ? word - FIRST_WORD : undefined;
}

/**
 * The text with a counter in each loop, for one workgroup by its linear number; the others return at once. Behind the
 * counters, an invocation that there is writes 1. What the kernel would store or share goes nowhere, so that a compiler
 * leaves out all but the loops themselves: CPU adapters take minutes for the rest.
 */
export function countLoops(code: string, workgroup: number): string {
  const text = plain(code)
    .replace(OUTPUT, 'var<private> $1: array<$2, 1>;')
    .replace(SHARED, 'var<private> $1: array<$2, 1>;')
    .replaceAll('var<workgroup>', 'var<private>')
    .replace(/\batomicStore\([^;]*;/g, '');
  const loops = bodiesOf(text).length;
  const declared =
    `@group(0) @binding(${MARKS_BINDING}) var<storage, read_write> loop_counts: array<u32>;\n` +
    `var<private> turns: array<u32, ${loops + 1}>;`;
  const counted = withMarks(text, declared, (loop) => `turns[${loop}] += 1u;`);
  const main = MAIN.exec(counted);
  if (!main) throw new Error('A kernel has no compute function main.');
  const [whole, workgroupSize, list] = main as unknown as [string, string, string];
  const parameters = list
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const inner = `fn counted(${parameters.map((one) => one.replace(/@builtin\(\w+\)\s*/, '')).join(', ')}) {`;
  return `${counted.replace(whole, () => inner)}\n${countingMain(parameters, workgroupSize, workgroup, loops)}`;
}

/** Outputs of kernels: arrays that are written. */
const OUTPUT = /@group\(0\)\s*@binding\(\d+\)\s*var<storage,\s*read_write>\s+(\w+)\s*:\s*array<([^;]*)>\s*;/g;
/** Arrays of workgroup memory, the outermost: as private ones, compilers would take minutes to clear them. */
const SHARED = /\bvar<workgroup>\s+(\w+)\s*:\s*array<([^;]*),[^,;]*>\s*;/g;
const MAIN = /@compute\s+(@workgroup_size\([^)]*\))\s*fn\s+main\s*\(((?:[^()]|\([^)]*\))*)\)\s*\{/;
/** Built-in values that the counting needs, by the type of their parameter. */
const NEEDED = { local_invocation_index: 'u32', workgroup_id: 'vec3u', num_workgroups: 'vec3u' } as const;

/** An entry point that calls `counted` in one workgroup and writes what was counted. */
function countingMain(parameters: readonly string[], workgroupSize: string, workgroup: number, loops: number): string {
  const nameOf = (one: string) => /(\w+)\s*:/.exec(one)?.[1] as string;
  const needed = Object.entries(NEEDED).map(([builtin, type]) => {
    const known = parameters.find((one) => one.includes(`@builtin(${builtin})`));
    return known
      ? { name: nameOf(known), added: [] }
      : { name: builtin, added: [`@builtin(${builtin}) ${builtin}: ${type}`] };
  });
  const [local, group, groups] = needed.map(({ name }) => name) as [string, string, string];
  const writes = Array.from(
    { length: loops },
    (_, loop) => `loop_counts[${loop * MOST_INVOCATIONS}u + ${local}] = turns[${loop}];`,
  );
  return [
    `@compute ${workgroupSize}`,
    `fn main(${[...parameters, ...needed.flatMap(({ added }) => added)].join(', ')}) {`,
    `if (${group}.y * ${groups}.x + ${group}.x != ${workgroup}u) { return; }`,
    `counted(${parameters.map(nameOf).join(', ')});`,
    ...writes,
    `loop_counts[${loops * MOST_INVOCATIONS}u + ${local}] = 1u;`,
    '}',
  ].join('\n');
}

function withMarks(text: string, declared: string, mark: (loop: number) => string): string {
  const starts = bodiesOf(text);
  const marked = starts.reduceRight((made, at, loop) => `${made.slice(0, at)} ${mark(loop)}${made.slice(at)}`, text);
  // Behind `enable` and other directives, which come first.
  const directives = /^(?:\s*(?:enable|requires|diagnostic)\b[^;]*;)*/.exec(marked)?.[0] ?? '';
  return `${directives}\n${declared}\n${marked.slice(directives.length)}`;
}

function plain(code: string): string {
  return code.replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, '');
}

/** Where the bodies of the loops begin, behind their brace. */
function bodiesOf(text: string): number[] {
  return [...text.matchAll(/\b(?:for|while)\s*\(|\bloop\s*(?=\{)/g)].map(({ index, 0: { length } }) => {
    let at = index + length;
    if (text[at - 1] === '(') for (let depth = 1; depth > 0; at++) depth += depthOf(text[at]);
    return text.indexOf('{', at) + 1;
  });
}

function depthOf(char: string | undefined): number {
  if (char === undefined) throw new Error('A loop has no end of its condition.');
  return char === '(' ? 1 : char === ')' ? -1 : 0;
}
