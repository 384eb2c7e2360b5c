/** What one call asked of the queue before it read its output back. */
export interface Submitting {
  /** From the start of the call until its last submit returned. */
  readonly ms: number;
  readonly submits: number;
  readonly dispatches: number;
  /** Waits for the GPU that had begun by then; at 0, all of `ms` is work of the CPU. */
  readonly waits: number;
}

/** The classes of the one WebGPU in the process that both sides use. */
export interface WebGpuClasses {
  readonly GPUQueue: { readonly prototype: GPUQueue };
  readonly GPUBuffer: { readonly prototype: GPUBuffer };
  readonly GPUComputePassEncoder: { readonly prototype: GPUComputePassEncoder };
}

/**
 * Sees what any library in the process submits, by wrapping methods of the prototypes: a library brings a device of its
 * own, but its objects are of the same classes. A library with a WebGPU of its own goes unseen.
 *
 * ONNX Runtime Web 1.30 submits after every 16 dispatches and once more with the copy to what it reads back, and begins
 * no wait before that: 11 submits for MiDaS small, 23 for Depth Anything small. All until then is thus work of its
 * thread; but where the adapter is a CPU, kernels that are already running take the same cores, which Dawn's null
 * backend (`--null`) does not have.
 */
export class SubmitWatch {
  #dispatches = 0;
  #submits = 0;
  #waits = 0;
  #last: Omit<Submitting, 'ms'> & { readonly at: number } = { at: 0, submits: 0, dispatches: 0, waits: 0 };

  constructor({ GPUQueue, GPUBuffer, GPUComputePassEncoder }: WebGpuClasses) {
    const dispatched = () => void this.#dispatches++;
    const waited = () => void this.#waits++;
    after(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', dispatched);
    after(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', dispatched);
    after(GPUBuffer.prototype, 'mapAsync', waited);
    after(GPUQueue.prototype, 'onSubmittedWorkDone', waited);
    after(GPUQueue.prototype, 'submit', () => {
      this.#last = {
        at: performance.now(),
        submits: ++this.#submits,
        dispatches: this.#dispatches,
        waits: this.#waits,
      };
    });
  }

  /** Runs a call that ends with its output in CPU memory. Undefined when it submitted nothing that can be seen. */
  async during(call: () => Promise<unknown>): Promise<Submitting | undefined> {
    this.#dispatches = this.#submits = this.#waits = 0;
    const start = performance.now();
    await call();
    const { at, ...counts } = this.#last;
    return this.#submits > 0 ? { ms: at - start, ...counts } : undefined;
  }
}

/** Calls back after each call of a method: with what it returned, its object and what it was given. */
export function after<T extends object>(
  prototype: T,
  name: keyof T & string,
  then: (result: unknown, self: unknown, argv: readonly unknown[]) => void,
): void {
  const method = prototype[name] as (this: unknown, ...argv: unknown[]) => unknown;
  Object.defineProperty(prototype, name, {
    configurable: true,
    writable: true,
    value: function (this: unknown, ...argv: unknown[]): unknown {
      const result = method.apply(this, argv);
      then(result, this, argv);
      return result;
    },
  });
}
