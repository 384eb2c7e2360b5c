import type { Gpu } from '../gpu/gpu.js';
import { chooseKernel } from '../graph/kernel_choice.js';
import { kernelText } from '../kernels/specialize.js';
import type { WeightsCache } from '../weights/cache/cache.js';
import { parts } from '../parts.js';
import { Sha256 } from '../weights/fetch/sha256.js';
import type { TuningTask } from './tuning_tasks.js';

/** The outcome of a tuning task: a kernel, or `rule` for what the op chooses by itself. Kernels have other names. */
export const RULE = 'rule';

/** Starts that did not end a task. */
export interface Unfinished {
  readonly starts: number;
  /** Whether the device was lost in any of them; the others were short of time. */
  readonly lost: boolean;
}

/** What is kept of a task: its outcome, or why there is none. */
export type Kept = string | Unfinished;

/** Where a task is kept: it holds for one adapter, one browser and the very texts of the kernels. */
export async function decisionKey(gpu: Gpu, { key, kernels, shapes: [{ node }] }: TuningTask): Promise<string> {
  const { vendor, architecture, device, description } = gpu.adapter;
  const texts = await Promise.all(kernels.map((kernel) => kernelText(chooseKernel(node, gpu, kernel).kernel)));
  const digest = new Sha256().update(new TextEncoder().encode(texts.join('\n'))).digest();
  return [
    'depthwise kernels 1',
    vendor,
    architecture,
    device,
    description,
    globalThis.navigator?.userAgent ?? '',
    key,
    digest,
  ].join('\n');
}

/** What is kept of a task; undefined when there is nothing, or nothing that can be meant. */
export async function readDecision(
  cache: WeightsCache | undefined,
  key: string,
  { kernels }: TuningTask,
): Promise<Kept | undefined> {
  if (!cache) return undefined;
  const found = parts.downloads().then(({ readKept }) => readKept(cache, key));
  const bytes = await found.catch(() => undefined);
  const text = bytes && new TextDecoder().decode(bytes);
  if (text === undefined) return undefined;
  const [unfinished, starts, lost] = /^([1-9])( lost)?$/.exec(text) ?? [];
  if (unfinished !== undefined) return { starts: Number(starts), lost: lost !== undefined };
  return text === RULE || kernels.includes(text) ? text : undefined;
}

/** Keeps what is known of a task. A cache that fails is no harm: the task is done again. */
export async function keepDecision(cache: WeightsCache | undefined, key: string, kept: Kept): Promise<void> {
  const text = typeof kept === 'string' ? kept : `${kept.starts}${kept.lost ? ' lost' : ''}`;
  if (!cache) return;
  const done = parts.downloads().then(({ keepBytes }) => keepBytes(cache, key, new TextEncoder().encode(text)));
  await done.catch(() => undefined);
}
