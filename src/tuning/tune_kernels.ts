import { GpuUnavailableError, type DepthwiseError } from '../errors.js';
import type { Gpu } from '../gpu/gpu.js';
import { chooseKernel } from '../graph/kernel_choice.js';
import type { Graph, Node } from '../graph/graph.js';
import type { WeightsCache } from '../weights/cache/cache.js';
import { preferredKernel } from './adapter_table.js';
import { taskKey, tuningTasks, sharersOf, type TuningTask } from './tuning_tasks.js';
import { decisionKey, keepDecision, readDecision, RULE, type Unfinished } from './kept_decision.js';
import { GpuBench, type KernelBench } from './kernel_bench.js';

/** The kernels that a device was found to do best with. */
export interface KernelChoices {
  /** The kernel of a node; undefined leaves it to the op's rule. */
  readonly kernel: (node: Node) => string | undefined;
  /** By task: the op and the kernels it had to choose from. */
  readonly chosen: ReadonlyMap<string, string>;
}

export interface TuningOptions {
  /** Where outcomes are kept, so that the next start knows them. */
  readonly cache?: WeightsCache | undefined;
  /** Longest that a start may spend on it, compiling included. */
  readonly milliseconds?: number;
  readonly bench?: KernelBench;
}

/** Loading is not held up longer than this. */
const BUDGET_MS = 300;
/** A kernel must be this much faster than the rule to replace it: less may be noise. */
const GAIN = 1.05;
/**
 * Starts that may fail to end a task: after that it is left to the rule, or to the safe kernel if the device was
 * lost in one.
 */
const STARTS = 3;
/** What is kept goes to a disk, mostly; a slow one is not waited for longer. */
const KEEPING_MS = 50;
/** What a loss makes fail may be heard of so long before the loss. */
const NEWS_MS = 50;

/**
 * Chooses among the kernels of a graph's ops by what is known of the adapter, and by timing them on shapes of the
 * graph. Only the safe kernel is chosen before it has given known answers on this device; one that gives wrong ones is
 * dropped. A CPU adapter times nothing. What is undecided when the time is up stays with what is known of the adapter,
 * or the rule of its op.
 * @throws GpuUnavailableError `GPU_UNSOUND` when the safe kernel of an op answers wrongly
 */
export async function tuneKernels(gpu: Gpu, graph: Graph, options: TuningOptions = {}): Promise<KernelChoices> {
  const chosen = new Map<string, string>();
  const choices: KernelChoices = { chosen, kernel: (node) => chosen.get(taskKey(node, gpu.facts)) };
  if (gpu.facts.software) return choices;
  const start = performance.now();
  const { cache, milliseconds = BUDGET_MS, bench = new GpuBench(gpu, graph.storage) } = options;
  const open: OpenTask[] = [];
  for (const task of tuningTasks(graph, gpu.facts)) {
    const key = await decisionKey(gpu, task);
    const kept = await readDecision(cache, key, task);
    if (typeof kept === 'string') {
      if (kept !== RULE) chosen.set(task.key, kept);
      continue;
    }
    const known = preferredKernel(gpu.adapter, task.op.name);
    if (known === task.kernels[0]) chosen.set(task.key, known as string);
    const { starts, lost } = kept ?? { starts: 0, lost: false };
    if (starts < STARTS) open.push({ task, key, starts, lost });
    else if (lost) chosen.set(task.key, task.kernels[0] as string);
  }
  await new Session(gpu, graph, bench, chosen, cache).run(open, start + milliseconds - performance.now());
  return choices;
}

/** With the earlier starts that did not end it. */
interface OpenTask extends Unfinished {
  readonly task: TuningTask;
  /** Where it is kept. */
  readonly key: string;
}

/** Tasks done one after the other while there is time. */
class Session {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #bench: KernelBench;
  readonly #chosen: Map<string, string>;
  readonly #cache: WeightsCache | undefined;
  #over = false;

  constructor(
    gpu: Gpu,
    graph: Graph,
    bench: KernelBench,
    chosen: Map<string, string>,
    cache: WeightsCache | undefined,
  ) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#bench = bench;
    this.#chosen = chosen;
    this.#cache = cache;
  }

  /** Settles when all are decided or the time is up; work on the GPU that is then under way ends alone. */
  async run(open: readonly OpenTask[], milliseconds: number): Promise<void> {
    try {
      await atMost(milliseconds, this.#runAll(open));
    } catch (error) {
      if (error instanceof GpuUnavailableError) throw error;
    } finally {
      this.#over = true;
    }
  }

  async #runAll(open: readonly OpenTask[]): Promise<void> {
    for (const { task, key, starts, lost } of open) {
      if (this.#over) return;
      // Kept before anything runs: a kernel that takes the device with it is not tried for ever.
      const counted = keepDecision(this.#cache, key, { starts: starts + 1, lost });
      await atMost(KEEPING_MS, counted);
      if (this.#over) return;
      const [decided] = await Promise.allSettled([this.#decide(task)]);
      if (await this.#isLost(decided)) {
        await counted;
        return keepDecision(this.#cache, key, { starts: starts + 1, lost: true });
      }
      if (decided.status === 'rejected') throw decided.reason;
      const outcome = decided.value;
      if (!this.#over && outcome !== undefined) this.#choose(task, outcome);
      await counted;
      // Where a kernel was dropped, the outcome stands for this session only: the next start asks again.
      if (this.#dropSharers(task)) await this.#cache?.delete(key);
      else if (outcome !== undefined) await keepDecision(this.#cache, key, outcome);
    }
  }

  /** Whether the device went away meanwhile: then neither a failure nor a time says anything of a kernel. */
  async #isLost(decided: PromiseSettledResult<unknown>): Promise<boolean> {
    const { device } = this.#gpu;
    if (decided.status === 'rejected' && !(decided.reason instanceof GpuUnavailableError))
      await atMost(NEWS_MS, device.lost);
    return this.#gpu.lost;
  }

  /** The kernel that is best over the shapes of a task, or the rule; undefined when the time was up before. */
  async #decide(task: TuningTask): Promise<string | undefined> {
    const { key, op, kernels, shapes } = task;
    const start = preferredKernel(this.#gpu.adapter, op.name);
    // Together, because they mostly wait for the compiler.
    const asked = await Promise.allSettled(kernels.map((kernel) => this.#isSound(task, kernel)));
    for (const answer of asked) if (answer.status === 'rejected') throw answer.reason;
    this.#dropSharers(task);
    if (this.#over) return undefined;
    const sound = kernels.filter((_, i) => (asked[i] as PromiseFulfilledResult<boolean>).value);
    const known = sound.find((kernel) => kernel === start);
    if (known) this.#chosen.set(key, known);
    const totals = new Map([RULE, ...sound].map((kernel) => [kernel, 0]));
    for (const { node, count } of shapes) {
      const times = await this.#bench.time(node, sound, () => this.#over);
      if (!times) return undefined;
      const rule = chooseKernel(node, this.#gpu).name;
      const cost = (kernel: string) => count * (times[sound.indexOf(kernel === RULE ? rule : kernel)] ?? Infinity);
      for (const [kernel, total] of totals) totals.set(kernel, total + cost(kernel));
    }
    return [...totals].reduce(
      (best, [kernel, total]) => (GAIN * total < (totals.get(best) as number) ? kernel : best),
      known ?? RULE,
    );
  }

  /** The safe kernel has no other to do its work: its wrong answer is the end. */
  async #isSound({ op, kernels, shapes }: TuningTask, kernel: string): Promise<boolean> {
    const name = `${op.name}/${kernel}`;
    if (this.#gpu.dropped.has(name)) return false;
    try {
      const attrs = shapes.map(({ node }) => node.attrs);
      return (await this.#bench.check(op, kernel, attrs)) && !this.#gpu.dropped.has(name);
    } catch (error) {
      if (!(error instanceof GpuUnavailableError) || kernel === kernels[0]) throw error;
      this.#gpu.dropped.set(name, error);
      return false;
    }
  }

  /**
   * What is wrong with a kernel of one op is wrong with those of other ops that share its text. Whether there is any.
   */
  #dropSharers(task: TuningTask): boolean {
    const { dropped } = this.#gpu;
    const wrong = task.kernels.filter((kernel) => dropped.has(`${task.op.name}/${kernel}`));
    for (const kernel of wrong) {
      const error = dropped.get(`${task.op.name}/${kernel}`) as DepthwiseError;
      for (const name of sharersOf(this.#graph, task, kernel)) dropped.set(name, error);
    }
    return wrong.length > 0;
  }

  #choose({ key }: TuningTask, outcome: string): void {
    if (outcome === RULE) this.#chosen.delete(key);
    else this.#chosen.set(key, outcome);
  }
}

/** Settles as `work` does, or when so many milliseconds have passed. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let alarm: ReturnType<typeof setTimeout> | undefined;
  const timeUp = new Promise<void>((resolve) => (alarm = setTimeout(resolve, milliseconds)));
  await Promise.race([work, timeUp]).finally(() => clearTimeout(alarm));
}
