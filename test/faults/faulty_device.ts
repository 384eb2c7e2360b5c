/**
 * What goes wrong at a call: it reports a fault to the error scopes, throws, rejects, is late or never settles, gets
 * bad WGSL, or loses the device.
 */
export type Fault = 'oom' | 'invalid' | 'throw' | 'reject' | 'late' | 'hang' | 'corrupt' | 'lose';

/** What a device holds. */
export interface Held {
  readonly buffers: number;
  readonly textures: number;
  readonly bytes: number;
}

interface Scope {
  readonly filter: GPUErrorFilter;
  error: { message: string } | undefined;
}

/** What a test may pretend of a device. */
export interface Pretence {
  readonly limits?: Readonly<Record<string, number>>;
  readonly without?: readonly string[];
  /** What the adapter says of itself. */
  readonly info?: Readonly<Record<string, unknown>>;
}

const NOTHING = { buffers: 0, textures: 0, bytes: 0 };
/**
 * A real device behind a proxy that counts its calls, keeps a ledger of what is alive, and makes one call fail. What
 * comes back is real but for the queue. Losing or destroying it leaves the real device whole, for the next test.
 */
export class FaultyDevice {
  readonly device: GPUDevice;
  /** Calls by method, of the device, its queue and its buffers. */
  readonly calls = new Map<string, number>();
  /** Errors no scope caught. */
  readonly uncaptured: string[] = [];
  /** Changes the text of shaders on their way. */
  rewrite: (code: string, label: string) => string = (code) => code;
  /** Sees every buffer that is read back, and may change it. */
  onRead: (mapped: ArrayBuffer) => void = () => {};
  /** What a call that is made to reject says. */
  words: string | undefined;
  /** How a message should name the WGSL that was corrupted. */
  corrupted = '';
  lost = false;
  /** Destroyed from outside, as opposed to lost. */
  destroyed = false;
  /** Whether `held` counts what a device still held as it was destroyed. */
  keep = false;
  readonly #real: GPUDevice;
  readonly #alive = new Map<GPUBuffer | GPUTexture, number>();
  readonly #scopes: Scope[] = [];
  readonly #listeners = new Set<(event: GPUUncapturedErrorEvent) => void>();
  readonly #losing: ((info: GPUDeviceLostInfo) => void)[] = [];
  readonly #lost = new Promise<GPUDeviceLostInfo>((resolve) => this.#losing.push(resolve));
  #armed: { readonly call: string; readonly fault: Fault; left: number } | undefined;

  constructor(real: GPUDevice, { limits = {}, without = [], info = {} }: Pretence = {}) {
    this.#real = real;
    listen(real, (error) => this.#report('uncaptured', error));
    const own: Record<string, unknown> = {
      lost: this.#lost,
      queue: this.#proxy(real.queue, {
        submit: (...args: unknown[]) => (this.lost ? undefined : Reflect.apply(real.queue.submit, real.queue, args)),
      }),
      limits: pretend(real.limits, limits),
      adapterInfo: pretend(real.adapterInfo, info),
      features: new Set([...real.features].filter((name) => !without.includes(name))),
      pushErrorScope: (filter: GPUErrorFilter) => this.#push(filter),
      popErrorScope: () => this.#pop(),
      createShaderModule: (descriptor: GPUShaderModuleDescriptor) =>
        real.createShaderModule({ ...descriptor, code: this.rewrite(descriptor.code, descriptor.label ?? '') }),
      createBuffer: (descriptor: GPUBufferDescriptor) => this.#created(real.createBuffer(descriptor), descriptor.size),
      createTexture: (descriptor: GPUTextureDescriptor) => this.#created(real.createTexture(descriptor), 0),
      addEventListener: (_type: string, listener: (event: GPUUncapturedErrorEvent) => void) =>
        this.#listeners.add(listener),
      removeEventListener: (_type: string, listener: (event: GPUUncapturedErrorEvent) => void) =>
        this.#listeners.delete(listener),
      destroy: () => {
        this.destroyed = true;
        this.lose('destroyed');
      },
    };
    this.device = this.#proxy(real, own);
  }

  /** Listeners for errors that are registered now. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** What is alive now. */
  get held(): Held {
    if (this.destroyed && !this.keep) return NOTHING;
    const all = [...this.#alive];
    return {
      buffers: all.filter(([made]) => 'mapAsync' in made).length,
      textures: all.filter(([made]) => !('mapAsync' in made)).length,
      bytes: all.reduce((sum, [, bytes]) => sum + bytes, 0),
    };
  }

  /** Makes the k-th call of a method from now on fail, counted from 1. */
  arm(call: string, k: number, fault: Fault): void {
    this.#armed = { call, fault, left: k };
  }

  /** Whether the armed fault has not happened. */
  get pending(): boolean {
    return this.#armed !== undefined;
  }

  disarm(): void {
    this.#armed = undefined;
  }

  /** Loses the device: pending maps reject, later work is dropped, and error scopes find nothing, as WebGPU has it. */
  lose(reason: 'unknown' | 'destroyed' = 'unknown'): void {
    this.lost = true;
    for (const resolve of this.#losing.splice(0))
      resolve({ reason, message: 'lost for a test', __brand: 'GPUDeviceLostInfo' } as GPUDeviceLostInfo);
  }

  /** Reports an error outside every scope. */
  blurt(message: string): void {
    this.#report('uncaptured', { message });
  }

  #proxy<T extends object>(target: T, own: Record<string, unknown>): T {
    return new Proxy(target, {
      get: (_, key) => {
        const name = String(key);
        const value = name in own ? own[name] : Reflect.get(target, key, target);
        return typeof value === 'function'
          ? (...args: unknown[]) => this.#call(name, args, (given) => Reflect.apply(value, target, given))
          : value;
      },
      set: (_, key, value) => Reflect.set(target, key, value, target),
    });
  }

  #call(name: string, args: unknown[], go: (args: unknown[]) => unknown): unknown {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    const armed = this.#armed;
    if (!armed || armed.call !== name || --armed.left > 0) return go(args);
    this.#armed = undefined;
    return this.#fail(armed.fault, name, args, go);
  }

  #fail(fault: Fault, name: string, args: unknown[], go: (args: unknown[]) => unknown): unknown {
    if (fault === 'throw') throw new RangeError(`injected at ${name}`);
    if (fault === 'reject')
      return Promise.reject(
        name === 'createComputePipelineAsync'
          ? driverError(this.words)
          : new DOMException(this.words ?? `injected at ${name}`, 'OperationError'),
      );
    if (fault === 'late') {
      const result = go(args);
      return new Promise((resolve) => setTimeout(resolve, 500, result));
    }
    if (fault === 'hang') {
      Promise.resolve(go(args)).catch(() => undefined);
      return new Promise(() => {});
    }
    if (fault === 'lose') {
      this.lose();
      return go(args);
    }
    if (fault === 'corrupt') {
      const [{ code, ...rest }] = args as [GPUShaderModuleDescriptor];
      const lines = code.split('\n');
      const at = lines.findIndex((line) => line.startsWith('@compute'));
      this.corrupted = `"${rest.label}" does not compile: line ${at + 1}:`;
      return go([{ ...rest, code: lines.with(at, `let ${lines[at]}`).join('\n') }]);
    }
    this.#report(fault === 'oom' ? 'out-of-memory' : 'validation', { message: `injected ${fault} at ${name}` });
    return /^create(Buffer|Texture)$/.test(name)
      ? this.#invalid(name as 'createBuffer', args[0] as GPUBufferDescriptor)
      : undefined;
  }

  /** The invalid object that WebGPU returns from a call that failed. */
  #invalid(name: 'createBuffer' | 'createTexture', descriptor: GPUBufferDescriptor): unknown {
    this.#real.pushErrorScope('validation');
    const made: unknown = Reflect.apply(this.#real[name], this.#real, [{ ...descriptor, usage: 0 }]);
    void this.#real.popErrorScope();
    return made;
  }

  #created<T extends GPUBuffer | GPUTexture>(made: T, bytes: number): T {
    this.#alive.set(made, bytes);
    const destroy = made.destroy.bind(made);
    made.destroy = (): undefined => {
      this.#alive.delete(made);
      destroy();
    };
    if ('mapAsync' in made) {
      const range = made.getMappedRange.bind(made);
      made.getMappedRange = (...args: Parameters<GPUBuffer['getMappedRange']>) => {
        const mapped = range(...args);
        this.onRead(mapped);
        return mapped;
      };
      const map = made.mapAsync.bind(made);
      const gone = () => Promise.reject(new DOMException('the device was lost', 'AbortError'));
      made.mapAsync = (...args: Parameters<GPUBuffer['mapAsync']>) =>
        this.#call('mapAsync', args, () =>
          this.lost ? gone() : Promise.race([map(...args), this.#lost.then(gone)]),
        ) as Promise<undefined>;
    }
    return made;
  }

  #push(filter: GPUErrorFilter): void {
    this.#scopes.push({ filter, error: undefined });
    this.#real.pushErrorScope(filter);
  }

  async #pop(): Promise<GPUError | null> {
    const scope = this.#scopes.pop();
    const found = await this.#real.popErrorScope();
    return this.lost ? null : (found ?? (scope?.error as GPUError | undefined) ?? null);
  }

  #report(filter: GPUErrorFilter | 'uncaptured', error: { message: string }): void {
    const scope = this.#scopes.findLast((open) => open.filter === filter);
    if (scope) {
      scope.error ??= error;
      return;
    }
    this.uncaptured.push(error.message);
    for (const listener of this.#listeners) listener({ error } as GPUUncapturedErrorEvent);
  }
}

/** An object of the platform with some other values. */
function pretend<T extends object>(real: T, values: Readonly<Record<string, unknown>>): T {
  return new Proxy(real, {
    get: (target, name) => values[String(name)] ?? (Reflect.get(target, name, target) as unknown),
  });
}

/** Tells the latest of the devices in front of a real one of its uncaptured errors. */
const listeners = new WeakMap<GPUDevice, (error: GPUError) => void>();

function listen(real: GPUDevice, listener: (error: GPUError) => void): void {
  if (!listeners.has(real)) real.addEventListener('uncapturederror', ({ error }) => listeners.get(real)?.(error));
  listeners.set(real, listener);
}

function driverError(words = 'injected by the driver'): Error {
  return Object.assign(new Error(words), { name: 'GPUPipelineError', reason: 'internal' });
}

/** A WebGPU entry point whose devices are all the same real device, each behind a FaultyDevice of its own. */
export class FaultyGpu {
  readonly devices: FaultyDevice[] = [];
  readonly gpu: GPU;
  /** Called with every new device. */
  onDevice: (device: FaultyDevice) => void = () => {};

  constructor(real: GPUDevice, pretence: Pretence = {}) {
    const requestDevice = async (): Promise<GPUDevice> => {
      const made = new FaultyDevice(real, pretence);
      this.devices.push(made);
      this.onDevice(made);
      return made.device;
    };
    const { limits = {}, info = {} } = pretence;
    const adapter = {
      features: real.features,
      limits: pretend(real.limits, limits),
      info: pretend(real.adapterInfo, info),
      requestDevice,
    };
    this.gpu = { requestAdapter: async () => adapter } as unknown as GPU;
  }

  get last(): FaultyDevice {
    return this.devices.at(-1) as FaultyDevice;
  }
}
