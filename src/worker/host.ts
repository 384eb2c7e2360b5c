/**
 * The script of the worker that `depthwise/worker` starts. It owns the GPU device, the weights and the maps.
 * @packageDocumentation
 */
import { hostCalls, type CallContext, type HostCalls } from './host_calls.js';
import type { Call, ToPage, ToWorker } from './messages.js';
import { packError } from './pack_error.js';

/** Of the global scope of a worker, which the types of a page lack. */
interface WorkerScope {
  postMessage(message: ToPage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const calls = hostCalls() as { [Name in keyof HostCalls]: (argument: never, context: CallContext) => Promise<unknown> };
/** Calls under way. */
const underWay = new Map<number, AbortController>();

scope.addEventListener('message', ({ data }) => {
  if ('abort' in data) underWay.get(data.abort)?.abort();
  else if ('name' in data) void answer(data);
});
scope.postMessage({ ready: true });

async function answer({ id, name, argument }: Call): Promise<void> {
  const controller = new AbortController();
  underWay.set(id, controller);
  try {
    const value = await calls[name](argument as never, {
      signal: controller.signal,
      tell: (event, told) => scope.postMessage({ id, event, value: told }),
    });
    scope.postMessage({ id, value });
  } catch (error) {
    scope.postMessage({ id, fault: packError(error) });
  } finally {
    underWay.delete(id);
  }
}
