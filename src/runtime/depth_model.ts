/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions, checkSource } from '../arguments/check_options.js';
import type { DepthMap } from '../depth/depth_map.js';
import type { Engine } from './engine.js';
import type { EncodeInto, EncodeTargets } from './encode_targets.js';
import {
  ESTIMATE_OPTIONS,
  estimateDepth,
  planEstimate,
  type EstimateOptions,
  type EstimatePlan,
  type EstimateUse,
} from './estimate.js';
import type { AdapterSummary } from '../gpu/gpu.js';
import { decodePicture } from '../image/decode.js';
import type { PictureSource, ReadFile } from '../image/picture.js';
import type { Size, SizeOptions } from '../image/size.js';
import { Lifetime, type Reload } from './lifetime.js';
import { LOAD_OPTIONS, loadEngine, type LoadOptions, type ModelSource } from './load.js';
import type { ModelName } from '../models/families/index.js';
import { depthKind, type DepthKind } from '../models/family.js';
import { parts, type DrawingPart, type RarePart } from '../parts.js';
import { copyOf } from '../arguments/plain_memory.js';
import type { PrepareOptions } from './prepare.js';
import type { ProfileStep } from './profile.js';
import type { StreamOptions, StreamSource } from './stream.js';
import { throwIfAborted, untilAborted } from '../arguments/abort.js';
import { isolate, warningOf } from '../warnings.js';

export type { EncodeInto, EncodeTargets } from './encode_targets.js';
export type { EstimateOptions, EstimatePlan } from './estimate.js';
export type { PrepareOptions } from './prepare.js';
export type { ProfileStep } from './profile.js';
export type { DepthProjection } from './projection.js';
export type { StreamOptions, StreamSource } from './stream.js';

/** What is said of models of every kind of depth. */
export interface ModelFacts {
  readonly name: ModelName;
  readonly title: string;
  readonly licence: string;
  readonly precision: 'f32' | 'f16';
  readonly adapter: AdapterSummary;
  /**
   * Kernels found to do best here, by op and what it had to choose from, and those that the device does not compile or
   * computes wrongly, with what it did: others do their work.
   */
  readonly kernels: {
    readonly chosen: Readonly<Record<string, string>>;
    readonly dropped: Readonly<Record<string, string>>;
  };
}

/** What a model is. */
export type ModelInfo = ModelFacts & DepthKind;

/**
 * Loads a model by registry name, URL, `hf:org/repo@revision`, file or bytes. The source is kept, to load it again
 * should the GPU device be lost.
 * @param source what to load; the names are those of `depthModels`
 * @returns a model whose weights are on the GPU and whose kernels are compiled
 * @example
 * ```ts
 * const model = await loadDepthModel('depth-anything-v2-small', {
 *   onProgress: ({ loaded, total }) => console.log(loaded, 'of', total, 'bytes'),
 * });
 * ```
 * @throws GpuUnavailableError, LicenseError, NetworkError, IntegrityError, WeightsFormatError, ModelMismatchError,
 *   UsageError, OutOfMemoryError, ShaderError, DeviceLostError, or an `AbortError`
 */
export async function loadDepthModel(source: ModelSource, options: LoadOptions = {}): Promise<DepthModel> {
  checkSource('source', source);
  checkOptions(options, LOAD_OPTIONS, 'load');
  if (options.weights !== undefined) checkSource('weights', options.weights);
  const { signal: _signal, ...again } = options;
  const engine = await loadEngine(source, options);
  // The engine may be replaced: nothing that stays holds on to it.
  const { name } = engine.entry;
  const warn = isolate(options.onWarning);
  const model = new DepthModel(engine, async (signal, { gpu, ...change }) => {
    if (gpu) {
      const fault = (await parts.rare()).outOfHalfRange(name);
      if (options.precision === 'f16') throw fault;
      warn(warningOf(fault));
    }
    return loadEngine(source, { ...again, ...change, signal }, gpu);
  });
  const tell = async () => warn((await parts.rare()).notDisposed(name));
  forgotten.register(model, () => void tell().catch(() => undefined), model);
  return model;
}

/** Tells of models that were collected as garbage and not disposed of. */
const forgotten = new FinalizationRegistry<() => void>((tell) => tell());

/** A depth model on a GPU. */
export class DepthModel {
  readonly #life: Lifetime;
  /** Parts that were fetched: calls that come after go on at once. */
  #rare: RarePart | undefined;
  #drawing: DrawingPart | undefined;
  /** @internal Reads files and URLs, in place of decoders that the runtime lacks. */
  declare readFile?: ReadFile;

  /** @internal See `loadDepthModel`. */
  constructor(engine: Engine, load: Reload) {
    this.#life = new Lifetime(engine, load);
  }

  /**
   * The device that maps, their buffers and their textures live on, and that `encode` records for. One of the model's
   * own is destroyed with it; after it was lost, the next call but `encode` opens another one.
   */
  get device(): GPUDevice {
    return this.#life.engine.gpu.device;
  }

  /** Name, licence, meaning of the values, storage precision, adapter and kernels. */
  get info(): ModelInfo {
    const { entry, storage, gpu, kernels } = this.#life.engine;
    const { name, title, kind, licence } = entry;
    return {
      ...depthKind(kind),
      name,
      title,
      licence: licence.name,
      precision: storage,
      adapter: gpu.adapter,
      kernels,
    };
  }

  /**
   * Estimates the depth of a picture. Pixels in memory and elements are read before this returns, so they may be
   * changed right after; a URL or Blob is decoded first, and a GPUTexture must keep its content until the result is
   * there. Any number of calls may be under way: two run at a time, in order, and what is aborted before its turn never
   * runs; see the option `queue`.
   * @param source encoded sRGB; a GPUTexture of an sRGB format is read as it stores its colours; pixels in memory are
   *   [height,width,channels], row-major, top row first
   * @returns a map f32[height,width] of the picture's size, or of the network's input with `size: 'network'`; the
   *   caller disposes of it
   * @example
   * ```ts
   * const depth = await model.estimate(image, { signal: AbortSignal.timeout(10_000) });
   * const values = await depth.read();
   * depth.dispose();
   * ```
   * @throws ImageError, LimitError, UsageError `OPTION_*`, OutOfMemoryError, DeviceLostError (a later call starts
   *   anew), DisposedError, or an `AbortError`
   */
  estimate(source: PictureSource, options?: EstimateOptions): Promise<DepthMap>;
  /**
   * Estimates the depth of pictures, two at a time; each is read when its turn comes.
   * @returns a map of each, in order; where one fails, the others are disposed of
   * @example
   * ```ts
   * const [first, second] = await model.estimate([image, canvas]);
   * ```
   * @throws as of one picture
   */
  estimate(sources: readonly PictureSource[], options?: EstimateOptions): Promise<DepthMap[]>;
  async estimate(source: PictureSource | readonly PictureSource[], options: EstimateOptions = {}): Promise<unknown> {
    if (!Array.isArray(source)) return this.#estimate(source as PictureSource, options);
    return (await parts.rare()).estimateAll((one: PictureSource) => this.#estimate(one, options), source);
  }

  async #estimate(source: PictureSource, options: EstimateOptions, use?: EstimateUse): Promise<DepthMap> {
    this.#life.usable();
    checkOptions(options, ESTIMATE_OPTIONS, 'image');
    const { signal } = options;
    throwIfAborted(signal);
    if ((source as Partial<GPUTexture>)?.format?.endsWith('-srgb'))
      return (await parts.rare()).estimateSrgb(this.#life, source as GPUTexture, options, use);
    if (typeof source !== 'string' && !(source instanceof URL) && !(source instanceof Blob))
      return estimateDepth(this.#life, source, options, use);
    if (this.readFile)
      return estimateDepth(this.#life, await untilAborted(this.readFile(source, signal), signal), options, use);
    if (this.#life.engine.entry.canonicalFocal !== undefined && options.focalLength === undefined)
      return (await untilAborted(parts.rare(), signal)).estimateFile(this.#life, source, options, use);
    const bitmap = await untilAborted(decodePicture(source, signal), signal);
    try {
      return await estimateDepth(this.#life, bitmap, options, use);
    } finally {
      bitmap.close();
    }
  }

  /**
   * Compiles and allocates what a later `estimate` or `encode` of pictures of a size takes, so that nothing of it is
   * left to that call. It is kept like the sizes of other calls: four at most.
   * @param options width and height of the pictures in pixels, and what `estimate` or `encode` will be given
   * @example
   * ```ts
   * await model.prepare({ width: 1280, height: 720, target: depthTexture });
   * ```
   * @throws the errors `estimate` or `encode` has for that size and target, or an `AbortError`
   */
  async prepare(options: PrepareOptions): Promise<void> {
    const drawing = (this.#drawing ??= await parts.drawing());
    return (this.#rare ??= await parts.rare()).prepareRuns(this.#life, drawing, options);
  }

  /**
   * Records one estimate into the caller's encoder or compute pass, on `device`. Await each call: the first at a size
   * compiles and allocates before it records, or `prepare` before it. Later calls record before they return, and make
   * nothing but a bind group for a texture not seen before, and for each external one. Numbers of `range`, `projection`
   * and `focalLength` may be other ones in each, also in one encoder, and make nothing. A pass is given back with
   * another pipeline and bind group 0 set. Submit before sizes change more than three times: older sizes are freed.
   *
   * Runs are looked at within about a second of the call, and `onWarning` is told. After values past the range of f16
   * the next call waits for the model in f32; with `precision: 'f16'` it rejects. Where the network answers nothing,
   * every later call rejects. What a later call got wrong (`ENCODE_*`) is told to `onWarning`, and the next one
   * rejects. WebGPU does not tell whose an open compute pass is: one of another device is refused by that device alone,
   * when its encoder is finished.
   * @example
   * ```ts
   * const encoder = model.device.createCommandEncoder();
   * await model.encode(encoder, { source: picture, target: depthTexture });
   * model.device.queue.submit([encoder.finish()]);
   * ```
   * @throws UsageError `ENCODE_DEVICE` for what is of another device, `ENCODE_ENCODER` for an encoder that is finished
   *   or none, `OPTION_SOURCE`, `OPTION_SOURCE_SIZE`, `OPTION_PROJECTION`, `OPTION_RANGE`, `OPTION_UNKNOWN`,
   *   `TARGET_FORMAT`, `TARGET_USAGE`, `TARGET_SIZE`, `TARGET_TEXTURE`; ImageError,
   *   LimitError, ModelMismatchError `MODEL_FLAT`, OutOfMemoryError, DeviceLostError, DisposedError
   */
  async encode(into: EncodeInto, targets: EncodeTargets): Promise<void> {
    this.#rare ??= await parts.rare();
    this.#drawing ??= await parts.drawing();
    return this.#rare.encodeDepth(this.#life, this.#drawing, into, targets);
  }

  /**
   * Depth of what moves, one map at a time, each with the `timestamp` of its frame in microseconds. Of video and canvas
   * elements and of tracks it is always the newest frame that is taken, and frames that come too fast are left out; of
   * sequences and ReadableStreams every one is: see `StreamOptions`. VideoFrames and ImageBitmaps are closed here once
   * they were read, those that are left out too. Each map is the caller's to dispose.
   *
   * It ends with its source: the video, its last frame included; the track; the sequence. A canvas has no end. It goes
   * on after a pause and a seek, and with maps of another size where the picture changes its own. A `signal` ends it at
   * any time, and leaving the loop ends what it reads, but stops no track of the caller's.
   * @example
   * ```ts
   * for await (const depth of model.stream(video, { signal })) {
   *   await depth.draw(canvas);
   *   depth.dispose();
   * }
   * ```
   * @throws UsageError `OPTION_STEADY`, `OPTION_WINDOWS`; ImageError `IMAGE_SOURCE`, and `IMAGE_DECODE` where a video
   *   breaks off; the errors of `estimate` and of the sequence
   */
  async *stream(source: StreamSource, options: StreamOptions = {}): AsyncGenerator<DepthMap, void, undefined> {
    this.#rare ??= await parts.rare();
    yield* this.#rare.streamDepth(this.#life, (...asked) => this.#estimate(...asked), source, options, this.readFile);
  }

  /**
   * The raw network on an already normalised tensor f32[1,3,H,W]: depth f32[H,W], nothing before or after.
   * @example
   * ```ts
   * const depth = await model.run(tensor, [1, 3, 252, 252]); // 252 · 252 values
   * ```
   * @throws UsageError `TENSOR_SHAPE`, `TENSOR_NON_FINITE`, `SHAPE_MISMATCH` for sides the network cannot take; the
   *   errors of `estimate`
   */
  async run(tensor: Float32Array, shape: readonly [number, number, number, number]): Promise<Float32Array> {
    const kept = tensor instanceof Float32Array ? copyOf(tensor) : tensor;
    const found = this.#life.ready();
    // Asked for at once, so that a call that waits for a device goes on in its turn.
    const fetched = this.#rare ? undefined : parts.rare().then((rare) => (this.#rare = rare));
    fetched?.catch(() => undefined);
    const engine = found instanceof Promise ? await found : found;
    const turn = engine.runs.take();
    try {
      const rare = this.#rare ?? (await this.#life.guard(engine, fetched as Promise<RarePart>));
      return await rare.runNetwork(this.#life, engine, kept, shape, turn);
    } finally {
      turn.end();
    }
  }

  /**
   * Times every dispatch of one estimate at a picture size.
   * @param picture width and height in pixels
   * @example
   * ```ts
   * for (const step of await model.profile({ width: 640, height: 480 })) console.log(step);
   * ```
   * @throws UsageError `GPU_NO_TIMESTAMPS` without timestamp-query
   */
  async profile(picture: Size, sizes: SizeOptions = {}): Promise<ProfileStep[]> {
    const { profileEstimate } = await parts.rare();
    return profileEstimate(this.#life, picture, sizes);
  }

  /**
   * What an estimate of a picture of some size takes, before anything of it is allocated or compiled.
   * @param picture width and height in pixels
   * @returns sizes in bytes, and counts; a promise of them with `confidence: true`, as the code for that is fetched
   *   first
   * @example
   * ```ts
   * const { activations, weights } = model.plan({ width: 4000, height: 3000 });
   * const { runs } = await model.plan({ width: 4000, height: 3000 }, { confidence: true });
   * ```
   * @throws the errors `estimate` has for that size: ImageError, LimitError, UsageError; DisposedError; and with
   *   `confidence: true` NetworkError
   */
  plan(picture: Size, options?: EstimateOptions & { readonly confidence?: false }): EstimatePlan;
  plan(picture: Size, options: EstimateOptions & { readonly confidence: true }): Promise<EstimatePlan>;
  plan(picture: Size, options?: EstimateOptions): EstimatePlan | Promise<EstimatePlan>;
  plan(picture: Size, options: EstimateOptions = {}): EstimatePlan | Promise<EstimatePlan> {
    const life = this.#life;
    life.usable();
    if (options?.confidence) return parts.rare().then((rare) => rare.planDoubted(life.engine, picture, options));
    return planEstimate(life.engine, picture, options);
  }

  /**
   * Bytes on the GPU: weights, activations of the sizes at hand, and the least those activations could take. Before the
   * first estimate no size is at hand; `plan` tells what one will take.
   * @throws DisposedError, DeviceLostError
   */
  async memory(): Promise<{ weights: number; activations: number; lowerBound: number }> {
    return (await this.#life.ready()).memory();
  }

  /**
   * Frees everything; a device of the caller's is left alone. Calls under way reject. Safe to call at any time, and
   * twice.
   */
  dispose(): void {
    forgotten.unregister(this);
    this.#life.dispose();
  }

  /** `dispose`, for `using model = await loadDepthModel(…)`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
