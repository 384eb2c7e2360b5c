import { DepthMap, type DepthTextureFormat } from './depth_map.js';
import type { Engine, Lease, Program } from './engine.js';
import { DeviceLostError, DisposedError, InternalError, LimitError, OutOfMemoryError, UsageError } from './errors.js';
import { BufferUsage, createReadback, readMapped } from './gpu/buffers.js';
import type { AdapterSummary, Gpu } from './gpu/gpu.js';
import { PassTimer } from './gpu/timing.js';
import { typesOf, type Graph, type Value } from './graph/graph.js';
import { packDepth, rawDepth } from './image/colorize.js';
import { PictureTexture, pictureSize, type PictureSource, type ReadyPicture } from './image/picture.js';
import { decodePicture } from './image/decode.js';
import { preprocess } from './image/preprocess.js';
import { depthRange } from './image/range.js';
import { resizeDepth } from './image/resize.js';
import { networkSize, type Size, type SizeOptions } from './image/size.js';
import { loadEngine, type LoadOptions } from './load.js';
import type { DepthKind } from './models/registry.js';
import type { CheckpointSource } from './weights/checkpoint.js';

/** Options of one estimate. */
export interface EstimateOptions extends SizeOptions {
  /** Size of the map: that of the picture, or that of the network's input. */
  readonly size?: 'picture' | 'network';
  readonly signal?: AbortSignal;
}

/** What a model is. */
export interface ModelInfo extends DepthKind {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  readonly precision: 'f32' | 'f16';
  readonly adapter: AdapterSummary;
}

/** What `encode` reads and writes. */
export interface EncodeTargets extends SizeOptions {
  /** Encoded sRGB, TEXTURE_BINDING usage. */
  readonly source: GPUTexture;
  /**
   * A texture with STORAGE_BINDING usage in `r32float` (values), `rgba16float` or `rgba32float` (nearness in red, value in
   * green), whose size the map takes; or a buffer with COPY_DST usage for f32 values at the source's size.
   */
  readonly target: GPUTexture | GPUBuffer;
}

/** Time of one dispatch. */
export interface ProfileStep {
  readonly label: string;
  readonly op: string;
  readonly milliseconds: number;
  readonly flops: number;
}

/**
 * Loads a model by registry name, URL, `hf:org/repo@revision`, file or bytes.
 * @throws GpuUnavailableError, LicenseError, NetworkError, IntegrityError, WeightsFormatError, ModelMismatchError,
 *   UsageError, OutOfMemoryError, or an `AbortError`
 */
export async function loadDepthModel(source: CheckpointSource, options: LoadOptions = {}): Promise<DepthModel> {
  return DepthModel.load(source, options);
}

/** A depth model on a GPU. */
export class DepthModel {
  readonly #reload: () => Promise<Engine>;
  readonly #recoverable: boolean;
  readonly #picture = new Map<Gpu, PictureTexture>();
  #engine: Promise<Engine>;
  #current: Engine;
  #disposed = false;

  private constructor(engine: Engine, reload: () => Promise<Engine>, recoverable: boolean) {
    this.#current = engine;
    this.#engine = Promise.resolve(engine);
    this.#reload = reload;
    this.#recoverable = recoverable;
  }

  /** @internal See `loadDepthModel`. */
  static async load(source: CheckpointSource, options: LoadOptions): Promise<DepthModel> {
    const open = (signal?: AbortSignal) => loadEngine(source, { ...options, ...(signal ? { signal } : {}) });
    const reload = () => {
      const { signal: _signal, ...rest } = options;
      return loadEngine(source, rest);
    };
    return new DepthModel(await open(options.signal), reload, options.device === undefined);
  }

  get info(): ModelInfo {
    const { entry, storage, gpu } = this.#current;
    const { name, title, kind, nearer, unit, licence } = entry;
    return { name, title, kind, nearer, unit, licence: licence.name, precision: storage, adapter: gpu.adapter };
  }

  /**
   * Estimates the depth of a picture. The picture is read before this returns, so it may be changed right after.
   * Any number of calls may be under way.
   * @throws ImageError, LimitError, OutOfMemoryError, DeviceLostError (a later call starts anew), DisposedError, or an `AbortError`
   */
  async estimate(source: PictureSource, options: EstimateOptions = {}): Promise<DepthMap> {
    this.#usable();
    options.signal?.throwIfAborted();
    if (typeof source === 'string' || source instanceof URL || source instanceof Blob) {
      const bitmap = await decodePicture(source, options.signal);
      try {
        return await this.#estimate(bitmap, options);
      } finally {
        bitmap.close();
      }
    }
    return this.#estimate(source, options);
  }

  /**
   * Records one estimate into the caller's encoder, on the caller's device. The first call at a size compiles and allocates
   * before it records: await it. Later calls record before they return, and make nothing.
   */
  async encode(encoder: GPUCommandEncoder, { source, target, ...sizes }: EncodeTargets): Promise<void> {
    this.#usable();
    const engine = this.#current;
    const picture = pictureSize(source);
    const texture = isTexture(target);
    const out = texture ? { width: target.width, height: target.height } : picture;
    const network = networkSize(engine.entry.input, picture.width, picture.height, sizes);
    const key = `encode ${show(picture)} ${show(network)} ${show(out)} ${texture ? target.format : 'buffer'}`;
    const build = (graph: Graph) => {
      const depth = this.#pictureToDepth(engine, graph, picture, network, out);
      if (texture) writeTexture(graph, depth, target.format, engine.entry.nearer);
      return { keep: { depth } };
    };
    const lease = engine.lease(key, build);
    try {
      const { executable, values } = lease.ready ?? (await this.#guard(engine, lease.program));
      executable.encode(encoder, { picture: source, ...(texture ? { raw: target, packed: target } : {}) });
      if (!texture) encoder.copyBufferToBuffer(executable.buffer(values['depth'] as Value), 0, target, 0, 4 * out.width * out.height);
    } finally {
      lease.release();
    }
  }

  /**
   * Depth of a running video or of a sequence of pictures: the newest frame each time, frames that come too fast are left out.
   * Each map is the caller's to dispose.
   */
  async *stream(source: HTMLVideoElement | AsyncIterable<PictureSource>, options: EstimateOptions = {}): AsyncGenerator<DepthMap, void, undefined> {
    if (Symbol.asyncIterator in source) {
      for await (const picture of source) yield await this.estimate(picture, options);
      return;
    }
    while (!source.ended) {
      await nextFrame(source, options.signal);
      yield await this.estimate(source, options);
    }
  }

  /**
   * The raw network on an already normalised tensor f32[1,3,H,W]: depth f32[H,W], nothing before or after.
   * @throws UsageError `TENSOR_SHAPE`
   */
  async run(tensor: Float32Array, [N, C, H, W]: readonly [number, number, number, number]): Promise<Float32Array> {
    this.#usable();
    if (N !== 1 || C !== 3 || tensor.length !== 3 * H * W) {
      throw new UsageError('TENSOR_SHAPE', `The tensor is [${[N, C, H, W].join(',')}] with ${tensor.length} values; expected [1,3,H,W].`, { expected: [1, 3, H, W], actual: tensor.length, phase: 'run' });
    }
    const engine = await this.#ready();
    const lease = engine.lease(`tensor ${W}×${H}`, (graph) => {
      const picture = graph.input('image', { dtype: 'f32', shape: [H, W, 4] });
      return { keep: { depth: engine.network(picture) }, inputs: { picture } };
    });
    const staging = createReadback(engine.gpu.device, 4 * H * W);
    try {
      const { executable, values } = await this.#guard(engine, lease.program);
      engine.gpu.device.queue.writeBuffer(executable.buffer(values['picture'] as Value), 0, interleave(tensor, H * W));
      await this.#submit(engine, (encoder) => {
        executable.encode(encoder);
        encoder.copyBufferToBuffer(executable.buffer(values['depth'] as Value), 0, staging, 0, 4 * H * W);
      });
      return new Float32Array(await this.#guard(engine, readMapped(staging, 4 * H * W)));
    } finally {
      lease.release();
      staging.destroy();
    }
  }

  /** Times every dispatch of one estimate at a picture size. Needs the timestamp-query feature. */
  async profile(picture: Size, sizes: SizeOptions = {}): Promise<ProfileStep[]> {
    const engine = await this.#ready();
    if (!engine.gpu.device.features.has('timestamp-query')) throw new UsageError('GPU_NO_TIMESTAMPS', 'This device has no timestamp-query.', { phase: 'run' });
    const source = { data: new Uint8Array(4 * picture.width * picture.height), ...picture };
    const { program, texture, release } = await this.#prepare(engine, source, sizes);
    const { executable } = program;
    const timer = new PassTimer(engine.gpu.device, executable.dispatches);
    try {
      await this.#submit(engine, (encoder) => executable.encodeTimed(encoder, { picture: texture }, timer));
      const times = await timer.read();
      return executable.nodes.map(({ label, op, inputs, attrs, outputs }, i) => ({
        label,
        op: op.name,
        milliseconds: times[i] as number,
        flops: op.cost(typesOf(inputs), attrs, typesOf(outputs)).flops,
      }));
    } finally {
      timer.dispose();
      release();
    }
  }

  /** Bytes on the GPU: weights, activations of the sizes at hand, and the least those activations could take. */
  async memory(): Promise<{ weights: number; activations: number; lowerBound: number }> {
    return (await this.#ready()).memory();
  }

  /** Frees everything; a device of the caller's is left alone. Calls under way reject. Safe to call at any time, and twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const picture of this.#picture.values()) picture.dispose();
    this.#current.dispose();
    this.#current.gpu.dispose();
    void this.#engine.then((engine) => engine !== this.#current && (engine.dispose(), engine.gpu.dispose()), () => undefined);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #estimate(source: ReadyPicture, options: EstimateOptions): Promise<DepthMap> {
    const engine = this.#current.gpu.lost ? await this.#ready() : this.#current;
    const { program, texture, size, release } = await this.#prepare(engine, source, options);
    this.#usable();
    options.signal?.throwIfAborted();
    const { device } = engine.gpu;
    const bytes = 4 * size.width * size.height;
    let buffer: GPUBuffer | undefined;
    try {
      await this.#submit(engine, (encoder) => {
        buffer = device.createBuffer({ label: 'depth map', size: bytes, usage: BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST });
        program.executable.encode(encoder, { picture: texture });
        encoder.copyBufferToBuffer(program.executable.buffer(program.values['depth'] as Value), 0, buffer, 0, bytes);
      });
      options.signal?.throwIfAborted();
      return new DepthMap(engine.gpu, buffer as GPUBuffer, { ...engine.entry, model: engine.entry.name, ...size });
    } catch (error) {
      buffer?.destroy();
      throw error;
    } finally {
      release();
    }
  }

  /**
   * The program for a picture and the picture as a texture. When the program is ready nothing is awaited, so that the picture
   * is read at the call and work reaches the queue in call order; otherwise the picture is copied to a texture of its own first.
   */
  #prepare(engine: Engine, source: ReadyPicture, options: EstimateOptions): Prepared | Promise<Prepared> {
    const picture = pictureSize(source);
    const network = networkSize(engine.entry.input, picture.width, picture.height, options);
    const size = options.size === 'network' ? network : picture;
    const key = `estimate ${show(picture)} ${show(network)} ${show(size)}`;
    const build = (graph: Graph) => ({ keep: { depth: this.#pictureToDepth(engine, graph, picture, network, size) } });
    const lease = engine.lease(key, build);
    try {
      if (lease.ready) return { program: lease.ready, texture: this.#pictureTexture(engine.gpu).upload(source), size, release: lease.release };
      return this.#prepareNew(engine, lease, source, size);
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  async #prepareNew(engine: Engine, lease: Lease, source: ReadyPicture, size: Size): Promise<Prepared> {
    const own = new PictureTexture(engine.gpu);
    const release = () => {
      lease.release();
      own.dispose();
    };
    try {
      const texture = own.upload(source);
      return { program: await this.#guard(engine, lease.program), texture, size, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #pictureTexture(gpu: Gpu): PictureTexture {
    let picture = this.#picture.get(gpu);
    if (!picture) this.#picture.set(gpu, (picture = new PictureTexture(gpu)));
    return picture;
  }

  #pictureToDepth(engine: Engine, graph: Graph, picture: Size, network: Size, out: Size): Value {
    const { mean, std, output } = engine.entry;
    const texture = graph.input('picture', { dtype: 'texture', shape: [picture.height, picture.width] });
    const image = preprocess(graph, texture, { size: [network.height, network.width], mean, std, convention: engine.convention });
    const filter = engine.convention === 'hub' ? 'bicubic' : output;
    return resizeDepth(graph, engine.network(image), { ...out, filter });
  }

  /** Submits recorded work, waits for it, and throws if anything about it failed: no result leaves after an error. */
  async #submit(engine: Engine, record: (encoder: GPUCommandEncoder) => void): Promise<void> {
    const { device } = engine.gpu;
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    let thrown: unknown;
    try {
      const encoder = device.createCommandEncoder({ label: 'depthwise' });
      record(encoder);
      device.queue.submit([encoder.finish()]);
    } catch (error) {
      thrown = error;
    }
    const scopes = [device.popErrorScope(), device.popErrorScope()];
    await this.#guard(
      engine,
      Promise.all(scopes).then(async ([memory, validation]) => {
        if (thrown) throw thrown;
        if (memory) throw new OutOfMemoryError('GPU_OOM', `The GPU ran out of memory: ${memory.message}`, { phase: 'run', retryable: true, cause: memory });
        if (validation) throw new InternalError('INTERNAL_VALIDATION', `The GPU reported: ${validation.message}`, { phase: 'run', cause: validation });
        await device.queue.onSubmittedWorkDone();
      }),
    );
  }

  /** Passes a result on only when the model is alive and the device is sound; a lost device explains any other error. */
  async #guard<T>(engine: Engine, work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#usable();
      engine.gpu.check('run');
      return result;
    } catch (error) {
      this.#usable();
      if (!(error instanceof LimitError)) engine.gpu.check('run');
      throw error;
    }
  }

  /** The engine, loaded anew when its device was lost. */
  async #ready(): Promise<Engine> {
    this.#usable();
    if (!this.#current.gpu.lost) return this.#engine;
    if (!this.#recoverable) throw new DeviceLostError('DEVICE_LOST', 'The device this model was given has been lost.', { hint: 'Load the model again with a new device.', phase: 'run' });
    const lost = this.#current;
    if ((await this.#engine.catch(() => lost)) === lost) {
      this.#engine = this.#reload();
      lost.dispose();
    }
    this.#current = await this.#engine;
    this.#usable();
    return this.#current;
  }

  #usable(): void {
    if (this.#disposed) throw new DisposedError('DISPOSED', 'This depth model has been disposed.', { phase: 'run' });
  }
}

interface Prepared {
  readonly program: Program;
  readonly texture: GPUTexture;
  readonly size: Size;
  readonly release: () => void;
}

function writeTexture(graph: Graph, depth: Value, format: GPUTextureFormat, nearer: DepthKind['nearer']): void {
  const formats: readonly DepthTextureFormat[] = ['r32float', 'rgba16float', 'rgba32float'];
  const known = formats.find((f) => f === format);
  if (!known) throw new UsageError('TARGET_FORMAT', `The target texture has format ${format}; expected ${formats.join(', ')}.`, { expected: formats, actual: format, phase: 'run' });
  if (known === 'r32float') rawDepth(graph, depth);
  else packDepth(graph, depth, depthRange(graph, depth), { span: 'percentiles', nearer, format: known });
}

function isTexture(target: GPUTexture | GPUBuffer): target is GPUTexture {
  return 'createView' in target;
}

function show({ width, height }: Size): string {
  return `${width}×${height}`;
}

/** [3,H·W] → [H·W,4] with a zero fourth channel. */
function interleave(tensor: Float32Array, pixels: number): Float32Array<ArrayBuffer> {
  const image = new Float32Array(4 * pixels);
  for (let c = 0; c < 3; c++) for (let i = 0; i < pixels; i++) image[4 * i + c] = tensor[c * pixels + i] as number;
  return image;
}

function nextFrame(video: HTMLVideoElement, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const handle = video.requestVideoFrameCallback(() => resolve());
    signal?.addEventListener('abort', () => {
      video.cancelVideoFrameCallback(handle);
      reject(signal.reason as Error);
    }, { once: true });
  });
}
