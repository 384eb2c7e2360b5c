/** Calls that make GPU objects or send work, by name. */
export type Counts = Map<string, number>;

/**
 * A device that counts the calls made to it, to its queue and to its encoders and passes. Everything is passed on to
 * the real device, and what comes back is real, but for the queue, encoders and passes.
 */
export function countingDevice(device: GPUDevice): { device: GPUDevice; counts: Counts } {
  const counts: Counts = new Map();
  return { device: counting(device, counts), counts };
}

/** Methods whose results are counted as well; they make no lasting object. */
const INNER = new Set(['createCommandEncoder', 'beginComputePass', 'beginRenderPass']);

function counting<T extends object>(target: T, counts: Counts): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'queue') return counting(value as object, counts);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        counts.set(String(name), (counts.get(String(name)) ?? 0) + 1);
        const result: unknown = Reflect.apply(value, target, args);
        if (name === 'createBuffer') countDestroy(result as GPUBuffer, counts);
        return INNER.has(String(name)) ? counting(result as object, counts) : result;
      };
    },
  });
}

/** Counts `destroyBuffer` once a buffer, however often it is destroyed. */
function countDestroy(buffer: GPUBuffer, counts: Counts): void {
  const destroy = buffer.destroy.bind(buffer);
  let destroyed = false;
  buffer.destroy = () => {
    if (!destroyed) counts.set('destroyBuffer', (counts.get('destroyBuffer') ?? 0) + 1);
    destroyed = true;
    return destroy();
  };
}
