import { DepthwiseError, InternalError, OutOfMemoryError, type Phase } from '../errors.js';
import { submitWithinTime } from './time_limit.js';

/** What GPU calls are for, as errors put it. */
export interface Purpose {
  readonly what: string;
  readonly phase: Phase;
  /** What is allocated, where that is known. */
  readonly bytes?: number;
}

const FILTERS: readonly GPUErrorFilter[] = ['internal', 'validation', 'out-of-memory'];

/**
 * Makes GPU calls and throws what they report. Scopes are a stack of the whole device, so they are pushed and popped in
 * one turn: an `await` in between would catch the errors of others.
 * @throws OutOfMemoryError `GPU_OOM`, InternalError `INTERNAL_VALIDATION` or `INTERNAL_GPU`, and a DepthwiseError of
 *   `calls` as it is; TimeoutError as `submitWithinTime`
 */
export async function scoped<T>(device: GPUDevice, purpose: Purpose, calls: () => T): Promise<T> {
  for (const filter of FILTERS) device.pushErrorScope(filter);
  let made: { value: T } | undefined;
  let thrown: unknown;
  try {
    made = { value: calls() };
  } catch (error) {
    thrown = error;
  }
  const popped = FILTERS.map(async () => device.popErrorScope());
  const { what, phase } = purpose;
  const answer = submitWithinTime(device, Promise.all(popped), what, phase);
  const [memory, validation, internal] = await answer.catch((cause: unknown) => {
    if (cause instanceof DepthwiseError) throw cause;
    throw new InternalError('INTERNAL_GPU', `The GPU does not say whether ${what} went well: ${textOf(cause)}`, {
      phase,
      cause,
    });
  });
  if (memory || thrown instanceof RangeError) throw outOfMemory(purpose, memory ?? thrown);
  if (thrown instanceof DepthwiseError) throw thrown;
  const fault = validation ?? thrown;
  if (fault)
    throw new InternalError('INTERNAL_VALIDATION', `The GPU refused ${purpose.what}: ${textOf(fault)}`, {
      phase: purpose.phase,
      cause: fault,
    });
  if (internal)
    throw new InternalError('INTERNAL_GPU', `The GPU failed at ${purpose.what}: ${textOf(internal)}`, {
      phase: purpose.phase,
      cause: internal,
    });
  return (made as { value: T }).value;
}

/** Submits what has been recorded so far; the rest goes into the encoder that it returns. */
export type Cut = () => GPUCommandEncoder;

/** Records into an encoder, and goes on in the one that each cut returns. */
export type Recorder<T = void> = (encoder: GPUCommandEncoder, cut: Cut) => T;

/**
 * Submits what `record` records: what there is at each cut, then the rest. Makes no error scopes.
 * @param onCut called after the submit of each cut
 */
export function submitCut(device: GPUDevice, label: string, record: Recorder, onCut: () => void): void {
  let encoder = device.createCommandEncoder({ label });
  record(encoder, () => {
    device.queue.submit([encoder.finish()]);
    onCut();
    return (encoder = device.createCommandEncoder({ label }));
  });
  device.queue.submit([encoder.finish()]);
}

/**
 * Submits what `record` records, and waits until the GPU is done with it.
 * @throws as `scoped`: no result may leave after an error; TimeoutError `TIMEOUT_RUN`, on a CPU never
 */
export async function submit(
  { device }: { readonly device: GPUDevice },
  purpose: Purpose,
  record: Recorder,
): Promise<void> {
  // One of each submit: a long run is not given up while its submits get done.
  const done: Promise<undefined>[] = [];
  const watch = () => {
    const submitted = device.queue.onSubmittedWorkDone();
    submitted.catch(() => undefined);
    done.push(submitted);
  };
  await scoped(device, purpose, () => {
    submitCut(device, 'depthwise', record, watch);
    watch();
  });
  try {
    await Promise.all(done.map((submitted) => submitWithinTime(device, submitted, purpose.what, purpose.phase)));
  } catch (cause) {
    if (cause instanceof DepthwiseError) throw cause;
    throw new InternalError(
      'INTERNAL_GPU',
      `The GPU does not say whether it is done with ${purpose.what}: ${textOf(cause)}`,
      { phase: purpose.phase, cause },
    );
  }
}

function outOfMemory({ what, phase, bytes }: Purpose, cause: unknown): OutOfMemoryError {
  const amount = bytes === undefined ? 'memory' : `${bytes} bytes`;
  return new OutOfMemoryError('GPU_OOM', `The GPU could not allocate ${amount} for ${what}: ${textOf(cause)}`, {
    phase,
    retryable: true,
    cause,
    ...(bytes === undefined ? {} : { actual: bytes }),
    hint: 'Use a smaller input size, or dispose of what is not needed.',
  });
}

/** The message of whatever was thrown or reported. */
export function textOf(cause: unknown): string {
  return (cause as { message?: string } | undefined)?.message || String(cause);
}
