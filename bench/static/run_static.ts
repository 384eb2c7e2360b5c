import type { Gpu } from '../../src/gpu/gpu.js';
import { applicationsOf, faultOf, rowFacts, withChosenLanes, type Application } from './applications.js';
import type { Chip } from './chips.js';
import { peakFlops } from './cost_model.js';
import { runIntel } from './intel.js';
import { SCHEMA, type ChipFacts, type StaticDocument, type StaticModel, type StaticRow } from './document.js';
import { judge, type Verdict } from './judge.js';
import { markLoops } from './loops.js';
import type { Compiled } from './null_device.js';
import type { StaticHost, StaticOptions } from './options.js';
import { judgePeers } from './peers.js';
import { countTrips, type Trips } from './trips.js';

/** Compiles the kernels of some networks for some chips and predicts what they take. */
export async function runStatic(options: StaticOptions, host: StaticHost): Promise<StaticDocument> {
  const { gpu, say } = host;
  const chips: ChipFacts[] = [];
  const rows: StaticRow[] = [];
  const theirs: StaticRow[] = [];
  const models: StaticModel[] = [];
  const skipped: StaticDocument['skipped'][number][] = [];
  const counted = new Map<string, Promise<Trips>>();
  for (const chip of options.chips) {
    const { facts, driver } = await host.compile(chip.name, []);
    chips.push({ chip: chip.name, title: chip.title, driver, peakTflops: peakFlops(chip) / 1e12 });
    const applications = await withChosenLanes(await applicationsOf(options, host, facts), chip, host, facts);
    const texts = [...new Set(applications.map(({ code }) => code))];
    say(`${chip.name}: ${texts.length} kernels of ${applications.length} applications`);
    const { results } = await host.compile(chip.name, [...texts, ...texts.map(markLoops)]);
    const unchecked = await host.compile(chip.name, texts, { checked: false });
    for (const application of applications) {
      const { node, kernel, code, name, network } = application;
      const text = texts.indexOf(code);
      const made = [results[text], results[texts.length + text], unchecked.results[text]] as const;
      const key = `${code}${JSON.stringify(kernel.params)}${kernel.workgroups}`;
      if (!counted.has(key)) counted.set(key, countTrips(gpu, node, kernel));
      const trips = await (counted.get(key) as Promise<Trips>);
      const fault = made.map(faultOf).find((one) => one !== undefined);
      if (fault) skipped.push({ id: `${chip.name} ${network.model} ${node.op.name}/${name}`, reason: fault });
      else {
        const [plain, marked, bare] = made as readonly [Compiled, Compiled, Compiled];
        rows.push(rowOf(application, chip, judge({ plain, marked, unchecked: bare }, trips, kernel, chip), facts));
      }
    }
    const asked = options.peers.filter(({ operation }) =>
      options.networks.some(({ model }) => model === operation.model),
    );
    const peers = await judgePeers(asked, chip, host);
    skipped.push(...peers.skipped);
    theirs.push(...peers.rows);
    models.push(
      ...modelsOf(
        options,
        chip,
        rows.filter((row) => row.chip === chip.name),
      ),
    );
  }
  const intel = await runIntel(options, host);
  return {
    schema: SCHEMA,
    date: new Date().toISOString(),
    tool: host.tool,
    chips: [...chips, ...intel.chips],
    rows: [...rows, ...theirs, ...intel.rows],
    models,
    skipped: [...skipped, ...intel.skipped],
  };
}

function rowOf(application: Application, chip: Chip, verdict: Verdict, facts: Gpu['facts']): StaticRow {
  const { flops } = application;
  const { issued, ...figures } = verdict;
  return {
    chip: chip.name,
    ...rowFacts(application, facts),
    ...figures,
    shareOfPeak: flops / (verdict.predictedMs / 1e3) / peakFlops(chip),
    useful: issued > 0 ? flops / 2 / issued : 0,
  };
}

function modelsOf({ networks, precisions }: StaticOptions, chip: Chip, rows: readonly StaticRow[]): StaticModel[] {
  return networks.flatMap(({ model, width, height }) =>
    precisions.map((precision) => {
      const chosen = rows.filter((row) => row.model === model && row.precision === precision && row.chosen);
      const sum = (of: (row: StaticRow) => number) => chosen.reduce((all, row) => all + row.nodes * of(row), 0);
      const predictedMs = sum((row) => row.predictedMs);
      return {
        chip: chip.name,
        model,
        size: `${width}×${height}`,
        precision,
        dispatches: sum(() => 1),
        predictedMs,
        shareOfPeak: sum((row) => row.predictedMs * row.shareOfPeak) / predictedMs,
      };
    }),
  );
}
