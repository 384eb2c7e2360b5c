import type { Kernel } from '../../src/kernels/op.js';
import { parseAssembly, regionsOf, walk, type Instruction, type Program, type Region } from './assembly.js';
import type { Chip } from './chips.js';
import { predict, waveCost } from './cost_model.js';
import type { StaticRow } from './document.js';
import { statistic, type Compiled } from './null_device.js';
import type { Trips } from './trips.js';
import { turnsOf, turnsOfMarked } from './turns.js';

/** What is said of a compiled kernel: figures of a row, and the multiply-adds that the whole dispatch issues. */
export type Verdict = Pick<
  StaticRow,
  | 'vgprs'
  | 'spilledVgprs'
  | 'spilledSgprs'
  | 'ldsBytes'
  | 'waves'
  | 'fmaShare'
  | 'fmaPerLoad'
  | 'predictedMs'
  | 'bound'
  | 'hotClamps'
  | 'hotSpills'
> & { readonly issued: number };

/** Lanes that RADV counts a wave as. */
const COUNTED = 32;
/** What a clamp of an index becomes, Tint's or the kernel's own. */
const CLAMP = /^[vs]_min(?:3)?_u32|^v_min_u16/;
/** A register that was spilled to another register file, or to memory. */
const SPILL = /^scratch_|^v_(?:readlane|writelane)_b32/;

/** A text compiled as it is, with marks in its loops, and as it is without Tint's clamps of indices. */
export interface CompiledForms {
  readonly plain: Compiled;
  readonly marked: Compiled;
  readonly unchecked: Compiled;
}

/** Judges a kernel by its assembly. */
export function judge(
  { plain, marked, unchecked }: CompiledForms,
  trips: Trips,
  kernel: Pick<Kernel, 'workgroups'>,
  chip: Chip,
): Verdict {
  const { statistics: found, subgroup } = plain;
  const [program, turns] = programOf(plain, marked, trips.loops);
  const cost = waveCost(program, turns, subgroup);
  const waves = statistic(found, 'Subgroups per SIMD') / (subgroup / COUNTED);
  const { workgroups } = kernel;
  const { seconds, bound } = predict(cost, { workgroups, invocations: trips.invocations, subgroup, waves }, chip);
  const hot = hotLoop(program, turns);
  const spills = statistic(found, 'Spilled VGPRs') + statistic(found, 'Spilled SGPRs') > 0;
  return {
    vgprs: statistic(found, 'VGPRs'),
    spilledVgprs: statistic(found, 'Spilled VGPRs'),
    spilledSgprs: statistic(found, 'Spilled SGPRs'),
    ldsBytes: statistic(found, 'LDS size'),
    waves,
    fmaShare: cost.valu > 0 ? cost.fmaClocks / cost.valu : 0,
    fmaPerLoad: cost.loads > 0 ? cost.fma / cost.loads : 0,
    predictedMs: 1e3 * seconds,
    bound,
    hotClamps: Math.max(0, clampsIn(hot) - clampsIn(hotLoop(...programOf(unchecked, marked, trips.loops)))),
    hotSpills: spills && hot.some(({ op }) => SPILL.test(op)),
    issued: cost.products * subgroup * workgroups * Math.ceil(trips.invocations / subgroup),
  };
}

/** The program and how often its regions run; of the marked text where its marks made another program. */
function programOf(plain: Compiled, marked: Compiled, loops: readonly number[]): [Program, Map<Region, number>] {
  const [program, withMarks] = [parseAssembly(plain.assembly), parseAssembly(marked.assembly)];
  const turns = turnsOf(program, withMarks, loops);
  return turns ? [program, turns] : [withMarks, turnsOfMarked(withMarks, loops)];
}

function clampsIn(instructions: readonly Instruction[]): number {
  return instructions.filter(({ op }) => CLAMP.test(op)).length;
}

/** Instructions of the loop, without those in it, that does most of the multiply-adds. */
function hotLoop({ instructions, root }: Program, turns: ReadonlyMap<Region, number>): Instruction[] {
  let hot: Instruction[] = [];
  let most = 0;
  for (const region of regionsOf(root).slice(1)) {
    const own: Instruction[] = [];
    walk(region, { loop: () => undefined, instruction: (i) => own.push(instructions[i] as Instruction) });
    const fma = own.filter(({ kind }) => kind === 'fma').length * (turns.get(region) as number);
    if (fma > most) [hot, most] = [own, fma];
  }
  return hot;
}
