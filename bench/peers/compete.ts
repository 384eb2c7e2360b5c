import type { PeerResult, Protocol, SubmitFacts } from '../document.js';
import { measure } from '../measure.js';
import { median, summarizeSamples } from '../statistics.js';
import { toNhwc, type OperationCase } from './cases.js';
import type { Side } from './depthwise_side.js';
import type { NetworkCase } from './networks.js';
import type { Submitting, SubmitWatch } from './submit_watch.js';

/** What a contest takes: the case, both sides, and how they are measured. */
export interface Match {
  readonly kase: OperationCase | NetworkCase;
  readonly ours: Side;
  readonly other: Side;
  /** The peer keeps [1,C,H,W], and Depthwise does not. */
  readonly moved: boolean;
  /** There is a GPU behind the calls, so that outputs can be compared. */
  readonly computed: boolean;
  /** The adapter is a CPU, whose time is then recorded as well. */
  readonly onCpu: boolean;
  readonly protocol: Protocol;
  readonly watch: SubmitWatch;
}

/** What both sides gave; who they are is for the caller to say. */
export type Outcome = Pick<PeerResult, 'timed' | 'depthwise' | 'other' | 'ratio' | 'maxDifference'>;

/** Outputs of one network in f32 differ by rounding alone, over the range of the map. */
const MAX_DIFFERENCE = 1e-3;

/**
 * First compares the outputs, then times both sides in turns; of networks also what comes before the last submit, in
 * the same samples.
 * @throws Error when the outputs are not the same
 */
export async function compete({ kase, ours, other, moved, computed, onCpu, protocol, watch }: Match): Promise<Outcome> {
  const start = performance.now();
  const theirs = await other.call();
  const firstMs = performance.now() - start;
  const compared = computed
    ? { maxDifference: sameness(await ours.call(), moved ? toNhwc(theirs, kase.input) : theirs) }
    : {};
  const sides = [ours, other].map((side) => watched(side, watch));
  const [mine, peers] = await measure(sides, protocol);
  if (!mine || !peers) throw new Error('nothing was measured');
  const [own, their] = sides.map(({ calls, cpuMs }) => ({
    ...(onCpu && { cpuMs: summarizeSamples(cpuMs.slice(-protocol.samples)) }),
    ...('checkpoint' in kase ? submitFacts(calls.slice(-protocol.samples)) : {}),
  }));
  return {
    timed: computed ? 'whole call' : 'whole call, nothing computed',
    depthwise: { work: ours.work, ms: mine.ms, ...own, ...(ours.network && { network: ours.network }) },
    other: { firstMs, ms: peers.ms, ...their },
    ratio: peers.ms.median / mine.ms.median,
    ...compared,
  };
}

interface Watched {
  readonly sample: () => Promise<number>;
  readonly calls: Submitting[];
  /** Processor time of each sample, all threads together. */
  readonly cpuMs: number[];
}

function watched(side: Side, watch: SubmitWatch): Watched {
  const calls: Submitting[] = [];
  const cpuMs: number[] = [];
  const sample = async () => {
    const [start, before] = [performance.now(), process.cpuUsage()];
    const seen = await watch.during(() => side.call());
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    cpuMs.push((user + system) / 1e3);
    if (seen) calls.push(seen);
    return ms;
  };
  return { sample, calls, cpuMs };
}

/** Nothing for a side that was never seen to submit. */
export function submitFacts(calls: readonly Submitting[]): { readonly submit?: SubmitFacts } {
  if (calls.length === 0) return {};
  const of = (name: keyof Submitting) => calls.map((call) => call[name]);
  return {
    submit: {
      ms: summarizeSamples(of('ms')),
      submits: median(of('submits')),
      dispatches: median(of('dispatches')),
      waits: median(of('waits')),
    },
  };
}

/** The difference of two outputs. @throws Error when it is more than rounding makes of one network */
export function sameness(a: Float32Array, b: Float32Array): number {
  const found = difference(a, b);
  if (found <= MAX_DIFFERENCE) return found;
  throw new Error(`outputs differ by ${found.toExponential(1)} of their range, and may by ${MAX_DIFFERENCE} at most.`);
}

/** Largest difference over the range of the second. @throws Error when the lengths differ or a value is not finite */
export function difference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`Depthwise gives ${a.length} values and the peer ${b.length}.`);
  let [low, high, worst] = [Infinity, -Infinity, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (!Number.isFinite(x) || !Number.isFinite(y)) throw new Error(`value ${i} is ${x} here and ${y} there.`);
    [low, high, worst] = [Math.min(low, y), Math.max(high, y), Math.max(worst, Math.abs(x - y))];
  }
  return worst / (high - low);
}
