import type { Gpu } from '../../src/gpu/gpu.js';
import { typesOf, type Node } from '../../src/graph/graph.js';
import { applicableKernels, chooseKernel, kernelOf } from '../../src/graph/kernel_choice.js';
import { runsOn, type Kernel } from '../../src/kernels/op.js';
import { kernelText, withLanes } from '../../src/kernels/specialize.js';
import type { SeededEntry } from '../../truth/seeded_weights.js';
import type { Chip } from './chips.js';
import { peakFlops } from './cost_model.js';
import { SCHEMA, type ChipFacts, type StaticDocument, type StaticModel, type StaticRow } from './document.js';
import { judge, type Verdict } from './judge.js';
import { markLoops } from './loops.js';
import { networkNodes, type NetworkCase } from './networks.js';
import type { Compiled, NullRun } from './null_device.js';
import { shapeText } from './shape_text.js';
import { countTrips, type Trips } from './trips.js';

export interface StaticOptions {
  readonly networks: readonly NetworkCase[];
  readonly chips: readonly Chip[];
  readonly precisions: readonly ('f32' | 'f16')[];
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
  say(line: string): void;
}

/** A kernel on the shapes of some nodes of a network, that are alike. */
interface Application {
  readonly network: NetworkCase;
  readonly precision: 'f32' | 'f16';
  readonly node: Node;
  readonly name: string;
  readonly kernel: Kernel;
  readonly code: string;
  readonly flops: number;
  nodes: number;
}

/** Compiles the kernels of some networks for some chips and predicts what they take. */
export async function runStatic(options: StaticOptions, host: StaticHost): Promise<StaticDocument> {
  const { gpu, say } = host;
  const chips: ChipFacts[] = [];
  const rows: StaticRow[] = [];
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
    models.push(
      ...modelsOf(
        options,
        chip,
        rows.filter((row) => row.chip === chip.name),
      ),
    );
  }
  return { schema: SCHEMA, date: new Date().toISOString(), tool: host.tool, chips, rows, models, skipped };
}

function faultOf(result: NullRun['results'][number] | undefined): string | undefined {
  if (!result) return 'the compiler said nothing';
  return 'error' in result ? result.error : undefined;
}

/** Kernels of networks as a device with some facts would have them. */
async function applicationsOf(
  { networks, precisions, contenders }: StaticOptions,
  { tensors }: StaticHost,
  facts: Gpu['facts'],
): Promise<Application[]> {
  const found = new Map<string, Application>();
  for (const network of networks)
    for (const precision of precisions)
      for (const node of await networkNodes(network, await tensors(network.checkpoint), precision)) {
        const chosen = chooseKernel(node, { facts, dropped: new Map() }).name;
        for (const name of contenders ? contendersOf(node, facts) : [chosen]) {
          const kernel = kernelOf(node, name) as Kernel;
          const code = await kernelText(kernel);
          const key = JSON.stringify([network, precision, name, kernel.params, kernel.workgroups, code]);
          const known = found.get(key);
          if (known) known.nodes++;
          else found.set(key, { network, precision, node, name, kernel, code, flops: flopsOf(node), nodes: 1 });
        }
      }
  return [...found.values()];
}

/** The same with the subgroups that the engine asks the chip for, where the compiler takes them. */
async function withChosenLanes(
  applications: readonly Application[],
  chip: Chip,
  host: StaticHost,
  { lanes }: Gpu['facts'],
): Promise<readonly Application[]> {
  if (lanes === 0) return applications;
  const chosen = applications.filter(({ node, name }) => name !== node.op.kernels[0]?.name);
  const plain = [...new Set(chosen.map(({ code }) => code))];
  const { results } = await host.compile(
    chip.name,
    plain.map((code) => withLanes(code, lanes)),
  );
  const taken = new Set(plain.filter((_, i) => faultOf(results[i]) === undefined));
  return applications.map((one) =>
    chosen.includes(one) && taken.has(one.code) ? { ...one, code: withLanes(one.code, lanes) } : one,
  );
}

function contendersOf(node: Node, facts: Gpu['facts']): string[] {
  return applicableKernels(node).filter((name) => {
    const { on } = node.op.kernels.find((kernel) => kernel.name === name)!;
    return on !== 'cpu' && runsOn(kernelOf(node, name) as Kernel, facts);
  });
}

function flopsOf({ op, inputs, attrs, outputs }: Node): number {
  return op.cost(typesOf(inputs), attrs, typesOf(outputs)).flops;
}

function rowOf(application: Application, chip: Chip, verdict: Verdict, facts: Gpu['facts']): StaticRow {
  const { network, precision, node, name, kernel, flops, nodes } = application;
  const { issued, ...figures } = verdict;
  return {
    chip: chip.name,
    model: network.model,
    kernel: `${node.op.name}/${name}`,
    shape: shapeText(node),
    chosen: chooseKernel(node, { facts, dropped: new Map() }).name === name,
    precision,
    nodes,
    workgroups: kernel.workgroups,
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
