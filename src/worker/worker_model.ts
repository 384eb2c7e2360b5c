/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from '../arguments/check_options.js';
import { copyOf } from '../arguments/plain_memory.js';
import { tainted } from '../image/picture.js';
import type {
  EstimateOptions,
  EstimatePlan,
  ModelInfo,
  PictureSource,
  ProfileStep,
  Size,
  SizeOptions,
  StreamOptions,
  StreamSource,
} from '../index.js';
import { parts } from '../parts.js';
import { ESTIMATE_OPTIONS } from '../runtime/estimate.js';
import type { MapFacts } from './host_calls.js';
import type { Link } from './link.js';
import { sendable } from './send_picture.js';
import { WorkerMap, type WorkerDepthMap } from './worker_map.js';
import { streamInWorker } from './worker_stream.js';

/** A depth model in a worker: `DepthModel` without `device`, `encode` and `prepare`, which need that in the page. */
export class WorkerDepthModel {
  readonly #link: Link;
  readonly #model: number;
  #info: ModelInfo;
  /** Pictures are sent in the order of the calls, however long each takes to read. */
  #sent: Promise<unknown> = Promise.resolve();

  /** @internal See `loadDepthModel`. */
  constructor(link: Link, { model, info }: { model: number; info: ModelInfo }) {
    this.#link = link;
    this.#model = model;
    this.#info = info;
  }

  /** As `DepthModel.info`, at the end of the last estimate. */
  get info(): ModelInfo {
    return this.#info;
  }

  /**
   * As `DepthModel.estimate`. Pixels in memory and elements are read before this returns; a URL or Blob is decoded in
   * the worker.
   * @example
   * ```ts
   * const depth = await model.estimate(image);
   * const values = await depth.read();
   * depth.dispose();
   * ```
   * @throws ImageError `IMAGE_TEXTURE` for a GPUTexture, which is on a device of the page; the errors of
   *   `DepthModel.estimate`
   */
  estimate(source: PictureSource, options?: EstimateOptions): Promise<WorkerDepthMap>;
  /** As `DepthModel.estimate` of a list. */
  estimate(sources: readonly PictureSource[], options?: EstimateOptions): Promise<WorkerDepthMap[]>;
  async estimate(source: PictureSource | readonly PictureSource[], options: EstimateOptions = {}): Promise<unknown> {
    if (!Array.isArray(source)) return this.#estimate(source as PictureSource, options);
    return (await parts.rare()).estimateAll((one: PictureSource) => this.#estimate(one, options), source);
  }

  async #estimate(source: PictureSource, options: EstimateOptions): Promise<WorkerDepthMap> {
    checkOptions(options, ESTIMATE_OPTIONS, 'image');
    const { signal, ...others } = options;
    const reading = sendable(source);
    const turn = this.#sent;
    this.#sent = reading.catch(() => undefined).then(() => turn);
    const [{ picture, transfer }] = await Promise.all([reading, turn]);
    const argument = { model: this.#model, picture, options: others };
    return this.#mapOf(this.#link.call('estimate', argument, { signal, transfer }));
  }

  /**
   * As `DepthModel.stream`, of the same sources. They are read in the page, and each frame moves to the worker: none is
   * open in the page when its map is there. Frames are read no faster than maps are taken.
   * @example
   * ```ts
   * for await (const depth of model.stream(video, { signal })) {
   *   await depth.draw(canvas);
   *   depth.dispose();
   * }
   * ```
   * @throws UsageError `OPTION_WINDOWS` for windows of frames, as each picture that is sent has its map; ImageError
   *   `IMAGE_TEXTURE` for a GPUTexture, which is on a device of the page; the errors of `DepthModel.stream`
   */
  async *stream(source: StreamSource, options: StreamOptions = {}): AsyncGenerator<WorkerDepthMap, void, undefined> {
    yield* streamInWorker(
      { link: this.#link, model: this.#model, mapOf: (answer) => this.#mapOf(answer) },
      source,
      options,
    );
  }

  /** As `DepthModel.run`. @throws UsageError `TENSOR_SHAPE`, `TENSOR_NON_FINITE`, `SHAPE_MISMATCH` */
  run(tensor: Float32Array, shape: readonly [number, number, number, number]): Promise<Float32Array> {
    return this.#link.call('run', { model: this.#model, tensor: copyOf(tensor), shape: [...shape] });
  }

  /** As `DepthModel.profile`. @throws UsageError `GPU_NO_TIMESTAMPS` */
  profile(picture: Size, sizes: SizeOptions = {}): Promise<ProfileStep[]> {
    return this.#link.call('profile', { model: this.#model, picture, sizes });
  }

  /** What `DepthModel.plan` returns, of the worker's device. @throws the errors of `DepthModel.plan` */
  plan(picture: Size, options: Omit<EstimateOptions, 'signal'> = {}): Promise<EstimatePlan> {
    return this.#link.call('plan', { model: this.#model, picture, options });
  }

  /** As `DepthModel.memory`, in bytes. @throws DisposedError, DeviceLostError */
  memory(): Promise<{ weights: number; activations: number; lowerBound: number }> {
    return this.#link.call('memory', { model: this.#model });
  }

  /** Frees everything, and ends the worker unless it is the caller's. Calls under way reject. Safe to call twice. */
  dispose(): void {
    this.#link.call('disposeModel', { model: this.#model }).catch(() => undefined);
    this.#link.close();
  }

  /** `dispose`, for `using model = await loadDepthModel(…)`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  async #mapOf(answer: Promise<MapFacts>): Promise<WorkerDepthMap> {
    try {
      const facts = await answer;
      this.#info = facts.info;
      return new WorkerMap(this.#link, facts) as WorkerDepthMap;
    } catch (error) {
      throw (error as Error).name === 'DataCloneError' ? tainted(error) : error;
    }
  }
}
