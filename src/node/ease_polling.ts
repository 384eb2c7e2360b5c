/** A wait is asked about at every turn of the event loop for so long, in ms: a GPU's short run loses nothing. */
const BUSY = 1;
/** From then on it is asked about so often, in ms. */
const PAUSE = 1;

let eased = false;

/**
 * Lets a process rest while it waits for the GPU. Dawn's binding asks for finished work at every turn of the event
 * loop, which keeps one core busy; where that core also is the GPU (a software adapter), work takes up to twice as
 * long. After this call it asks at every turn for a millisecond, then once a millisecond.
 *
 * It replaces `globalThis.setImmediate` until the process ends, so the library leaves the call to you; the command-line
 * tool makes it. Callbacks other than the binding's run when they did. A second call changes nothing.
 *
 * @example
 * ```ts
 * import { easeGpuPolling, loadDepthModel } from 'depthwise/node';
 *
 * easeGpuPolling();
 * const model = await loadDepthModel('nano');
 * ```
 */
export function easeGpuPolling(): void {
  if (eased) return;
  eased = true;
  const { setImmediate: immediate, setTimeout: later, performance: clock } = globalThis;
  let inPoll = false;
  let since = 0;

  const paced = (callback: (...values: unknown[]) => void, ...values: unknown[]) => {
    if (!isOfBinding(callback)) return immediate(callback, ...values);
    // A poll that finds work unfinished asks for the next one; any other call begins a wait.
    if (!inPoll) since = clock.now();
    const poll = () => {
      inPoll = true;
      try {
        // Promises are resolved by such functions too, with values.
        callback(...values);
      } finally {
        inPoll = false;
      }
    };
    return clock.now() - since < BUSY ? immediate(poll) : later(poll, PAUSE);
  };
  // What it promisifies to among them.
  Object.defineProperties(paced, Object.getOwnPropertyDescriptors(immediate));
  globalThis.setImmediate = paced as unknown as typeof setImmediate;
}

/** Functions made by native code have no name; bound ones, which read alike, have. */
function isOfBinding(callback: (...values: unknown[]) => void): boolean {
  return callback?.name === '' && Function.prototype.toString.call(callback) === 'function () { [native code] }';
}
