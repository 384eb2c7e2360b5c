import { createHash } from 'node:crypto';
import type { Gpu } from '../../src/gpu/gpu.js';
import { parts } from '../../src/parts.js';
import { applicationsOf, faultOf, rowFacts, withChosenLanes, type Application } from './applications.js';
import type { ChipFacts, CountedRow, StaticDocument } from './document.js';
import { hotLoopOf } from './intel_assembly.js';
import { statistic, type Compiled } from './null_device.js';
import type { StaticHost, StaticOptions } from './options.js';

/** What is said of Intel's chips: parts of a document. */
export interface IntelPart {
  readonly chips: readonly ChipFacts[];
  readonly rows: readonly CountedRow[];
  readonly skipped: StaticDocument['skipped'];
}

/**
 * Compiles the kernels of some networks for Intel's chips, as two devices have them: one that lets WGSL choose lanes,
 * of which the engine asks for few, and one that does not, where it has smaller tiles.
 */
export async function runIntel(options: StaticOptions, host: StaticHost): Promise<IntelPart> {
  const fault = host.intelFault();
  if (fault !== undefined)
    return { chips: [], rows: [], skipped: options.intel.map(({ name }) => ({ id: name, reason: fault })) };
  await parts.slim();
  const chips: ChipFacts[] = [];
  const rows: CountedRow[] = [];
  const skipped: StaticDocument['skipped'][number][] = [];
  for (const chip of options.intel) {
    const { facts, driver } = await host.compile(chip.name, []);
    chips.push({ chip: chip.name, title: chip.title, driver });
    const slimFacts = { ...facts, lanes: 0, slim: true };
    const plain = await applicationsOf(options, host, slimFacts);
    const asked = await withChosenLanes(await applicationsOf(options, host, facts), chip, host, facts);
    const texts = [...new Set([...plain, ...asked].map(({ code }) => code))];
    host.say(`${chip.name}: ${texts.length} texts of ${plain.length + asked.length} applications`);
    const { results } = await host.compile(chip.name, texts);
    const add = (one: Application, of: Gpu['facts']) => {
      const made = results[texts.indexOf(one.code)];
      const reason = faultOf(made);
      if (reason) skipped.push({ id: `${chip.name} ${one.network.model} ${one.node.op.name}/${one.name}`, reason });
      else rows.push(rowOf(one, chip.name, made as Compiled, of));
    };
    for (const one of plain) add(one, slimFacts);
    // Safe kernels are the same on both.
    for (const one of asked) if (one.name !== one.node.op.kernels[0]?.name) add(one, facts);
  }
  return { chips, rows, skipped };
}

function rowOf(
  application: Application,
  chip: string,
  { statistics: found, subgroup, assembly }: Compiled,
  facts: Gpu['facts'],
): CountedRow {
  const hot = hotLoopOf(assembly);
  return {
    chip,
    ...rowFacts(application, facts),
    text: createHash('sha256').update(application.code).digest('hex').slice(0, 8),
    lanes: subgroup,
    lanesAsked: facts.lanes > 0,
    ldsBytes: statistic(found, 'Workgroup Memory Size'),
    spilledVgprs: statistic(found, 'Spill Count'),
    fills: statistic(found, 'Fill Count'),
    hotSpills: hot.spills,
    hotFmaShare: hot.fmaShare,
    instructions: statistic(found, 'Instruction Count'),
    sends: statistic(found, 'SEND Count'),
    cycles: statistic(found, 'Cycle Count'),
  };
}
