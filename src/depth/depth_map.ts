/// <reference lib="esnext.disposable" preserve="true" />
import { checkChoice, checkOptions, type OptionTable } from '../arguments/check_options.js';
import type { Drawing, DrawingBuilder, DrawingCache } from './drawing_cache.js';
import { disposed } from '../errors.js';
import { readBuffer, submitRead } from '../gpu/buffers.js';
import { Latch } from '../gpu/latch.js';
import type { Gpu } from '../gpu/gpu.js';
import { submit } from '../gpu/scoped.js';
import type { ColormapName } from './colormaps.js';
import { SideMap } from './side_map.js';
import type { DepthSemantics } from './formats/depth_semantics.js';
import type { Span } from '../kernels/colorize.js';
import type { ModelName } from '../models/families/index.js';
import { depthKind, type BesideName, type DepthKind } from '../models/family.js';
import { toHalf } from '../weights/format/decode.js';
import { parts } from '../parts.js';

/** Two ends of values, in the unit of a map. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** Ends of a depth map's values, in the unit of the map. */
export interface DepthRange extends ValueRange {
  /** 2nd and 98th percentile. */
  readonly low: number;
  readonly high: number;
  /** Values that are NaN or infinite. */
  readonly nonFinite: number;
}

/** How depth becomes colours. The nearest end takes the last colour of the map. */
export interface DrawOptions {
  readonly colormap?: ColormapName;
  /** Swaps near and far. */
  readonly invert?: boolean;
  /** What the colours span: all values, or those between the 2nd and 98th percentile. */
  readonly span?: Span;
  /** Ends that the colours, and the codes of a 16-bit PNG, span in place of the map's own. */
  readonly range?: ValueRange;
}

/** What a drawing takes. The names of colour maps come with the code that draws. */
export const DRAW_OPTIONS: OptionTable<DrawOptions> = {
  colormap: null,
  invert: null,
  span: ['full', 'percentiles'],
  range: null,
};

/**
 * Formats of `DepthMap.texture`: `r32float` holds the values; the others nearness 0…1 in red and the value in green.
 */
export type DepthTextureFormat = 'r32float' | 'rgba16float' | 'rgba32float';

/** What a file of `DepthMap.toBlob` holds: colours, 16-bit codes, or the f32 values. */
export type DepthFileFormat = 'png' | 'png16' | 'pfm' | 'npy';

/** Where the values of a map are, of what is beside it, and the range it is drawn with if it is not its own. */
export type MapBuffers = { readonly depth: GPUBuffer } & Readonly<
  Partial<Record<BesideName | 'fieldOfView' | 'range', GPUBuffer>>
>;

interface MapFacts {
  readonly kind: DepthKind['kind'];
  readonly model: ModelName;
  readonly width: number;
  readonly height: number;
}

/** What depth maps of every kind are. */
export class DepthMapOnGpu {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** What the values are; it says which of the two that follow are meant. */
  readonly kind: DepthKind['kind'];
  /** Whether nearer things have the larger or the smaller values. */
  readonly nearer: DepthKind['nearer'];
  readonly unit: DepthKind['unit'];
  /** Registry name of the model. */
  readonly model: ModelName;
  /**
   * How far to trust each value, from 0 to 1: 1 is sure. From networks that say it, or with `confidence: true` from how
   * far apart their maps are of the picture and of its corners, and how much it shows; undefined otherwise. It ranks
   * the pixels of a picture. What 0.5 is in errors was measured for nano alone: docs/evaluation.md.
   */
  readonly confidence: SideMap | undefined;
  /**
   * How much each pixel is sky, 0 and up; from 0.5 on it is one, as the authors have it. Undefined for models that do
   * not say.
   */
  readonly sky: SideMap | undefined;
  /** @internal */
  readonly gpu: Gpu;
  /**
   * Of a map of `stream`: when its frame is shown, in microseconds, as VideoFrames have it; of a video element in the
   * time of the video. Undefined where the source does not say.
   */
  declare readonly timestamp?: number | undefined;
  /** Degrees from top to bottom and from side to side, where the network estimates them. */
  readonly #angles: SideMap | undefined;
  readonly #drawings: Pick<DrawingCache, 'use'>;
  readonly #depth: SideMap;
  /** Of a steady stream, which its maps are drawn with. */
  readonly #drawn: GPUBuffer | undefined;
  readonly #buffers: GPUBuffer[];
  readonly #textures = new Map<string, Promise<GPUTexture>>();
  readonly #end = new Latch();
  #range: Promise<DepthRange> | undefined;

  /** @internal */
  constructor(
    gpu: Gpu,
    drawings: Pick<DrawingCache, 'use'>,
    buffers: MapBuffers,
    { kind, model, width, height }: MapFacts,
  ) {
    this.gpu = gpu;
    this.#drawings = drawings;
    this.#drawn = buffers.range;
    this.#buffers = Object.values(buffers);
    this.width = width;
    this.height = height;
    this.kind = kind;
    this.nearer = depthKind(kind).nearer;
    this.unit = depthKind(kind).unit;
    this.model = model;
    const beside = (buffer: GPUBuffer | undefined) =>
      buffer && new SideMap(gpu, buffer, { width, height }, (work) => this.#alive(work));
    this.#depth = beside(buffers.depth) as SideMap;
    this.confidence = beside(buffers.confidence);
    this.sky = beside(buffers.sky);
    this.#angles = beside(buffers.fieldOfView);
  }

  /**
   * The values f32[height,width] on the device, row-major; usage STORAGE, COPY_SRC and COPY_DST.
   * @throws DisposedError
   */
  get buffer(): GPUBuffer {
    this.#usable();
    return this.#depth.buffer;
  }

  /**
   * The values f32[height,width], row-major, read back once: every call gives the same array.
   * @example
   * ```ts
   * const values = await depth.read();
   * const centre = values[(depth.height >> 1) * depth.width + (depth.width >> 1)];
   * ```
   * @throws DeviceLostError, DisposedError
   */
  async read(): Promise<Float32Array> {
    return this.#depth.read();
  }

  /**
   * The values in half the bytes: the bits of f16[height,width], rounded to the nearest, infinite past 65,504. They are
   * a `Float16Array` by `new Float16Array(bits.buffer)`, where the runtime has it.
   * @example
   * ```ts
   * const bits = await depth.readHalf();
   * ```
   * @throws DeviceLostError, DisposedError
   */
  async readHalf(): Promise<Uint16Array<ArrayBuffer>> {
    return toHalf(await this.read());
  }

  /**
   * Smallest and largest value, percentiles, and how many values are not finite, found on the GPU.
   * @example
   * ```ts
   * const { min, max } = await depth.range();
   * ```
   * @throws DeviceLostError, DisposedError
   */
  async range(): Promise<DepthRange> {
    this.#usable();
    if (!this.#range) {
      this.#range = this.#compute('range', 32, (graph, depth, { depthRange }) => depthRange(graph, depth)).then(
        rangeOf,
      );
      this.#range.catch(() => (this.#range = undefined));
    }
    return this.#guard(this.#range);
  }

  /**
   * Degrees that the picture spans from side to side, as the network estimates it, read back once: of
   * `depth-anything-3-small` and `-base`, where 0 is none. Undefined for models that do not say. In pixels of the map,
   * the focal length is `width / 2 / Math.tan((degrees * Math.PI) / 360)`.
   * @example
   * ```ts
   * const degrees = await depth.fieldOfView(); // 62.4
   * ```
   * @throws DeviceLostError, DisposedError
   */
  async fieldOfView(): Promise<number | undefined> {
    return (await this.#angles?.read())?.[1];
  }

  /** @internal The range that drawings span. */
  async drawnRange(): Promise<DepthRange> {
    return this.#drawn ? this.#guard(readBuffer(this.gpu.device, this.#drawn, 32).then(rangeOf)) : this.range();
  }

  /**
   * A texture [height,width] of the map, kept until dispose. `rgba16float` can be filtered on every device.
   * @param options `range`: ends that nearness spans in place of the map's own
   * @example
   * ```ts
   * const view = (await depth.texture()).createView(); // nearness 0…1 in red, the value in green
   * ```
   * @throws UsageError `OPTION_TEXTURE_FORMAT`, `OPTION_RANGE`
   */
  async texture(
    format: DepthTextureFormat = 'rgba16float',
    { range }: Pick<DrawOptions, 'range'> = {},
  ): Promise<GPUTexture> {
    this.#usable();
    const key = format + JSON.stringify(range);
    let texture = this.#textures.get(key);
    if (!texture) {
      texture = range === undefined ? this.#write(format) : this.#between(range, (map) => map.texture(format));
      this.#textures.set(key, texture);
      texture.catch(() => this.#textures.delete(key));
    }
    return this.#guard(texture);
  }

  /**
   * The map in colours: RGBA bytes [height,width,4].
   * @example
   * ```ts
   * const rgba = await depth.colors({ colormap: 'gray', span: 'percentiles' });
   * ```
   * @throws UsageError `OPTION_COLORMAP`, `OPTION_SPAN`, `OPTION_RANGE`
   */
  async colors(options: DrawOptions = {}): Promise<Uint8ClampedArray<ArrayBuffer>> {
    this.#usable();
    checkOptions(options, DRAW_OPTIONS, 'write');
    const { colormap = 'inferno', invert = false, span = 'full', range } = options;
    if (range !== undefined) return this.#guard(this.#between(range, (map) => map.colors({ colormap, invert })));
    const look = { colormap, invert, span, nearer: this.nearer, target: 'buffer' } as const;
    return new Uint8ClampedArray(
      await this.#guard(
        this.#compute(
          `colors ${JSON.stringify(look)}`,
          4 * this.width * this.height,
          (graph, depth, { colorizeDepth, colormaps, depthRange }) => {
            checkChoice('colormap', colormap, Object.keys(colormaps), 'write');
            return colorizeDepth(graph, depth, depthRange(graph, depth), look);
          },
        ),
      ),
    );
  }

  /**
   * Draws the map on a canvas, which takes the map's size: one with a 2D context or none yet, or one that WebGPU draws
   * on by the model's device, where nothing is read back.
   * @example
   * ```ts
   * await depth.draw(canvas, { colormap: 'turbo' });
   * ```
   * @throws UsageError `CANVAS_CONTEXT`, `OPTION_COLORMAP`, `OPTION_SPAN`, `OPTION_RANGE`
   */
  async draw(canvas: HTMLCanvasElement | OffscreenCanvas, options: DrawOptions = {}): Promise<void> {
    this.#usable();
    checkOptions(options, DRAW_OPTIONS, 'write');
    const context = canvas.getContext('2d') as Context2d | null;
    if (!context) return this.#guard((await parts.rare()).drawOnGpuCanvas(this, this.#drawings, canvas, options));
    putColors(context, new ImageData(await this.colors(options), this.width, this.height));
  }

  /**
   * What the stored numbers mean, as written into files.
   * @param scale of stored numbers; a value of the map is `offset + scale * stored`
   */
  semantics(scale = 1, offset = 0): DepthSemantics {
    const { kind, model, width, height } = this;
    return { ...depthKind(kind), scale, offset, model, width, height };
  }

  /**
   * The map as a file: a coloured PNG, a 16-bit PNG, PFM or NPY. A PNG has its scale and offset in a text chunk: those
   * of its 16-bit codes, or those of the levels 0…255 that a drawing gives colours to.
   * @example
   * ```ts
   * const file = await depth.toBlob('png16');
   * ```
   * @throws UsageError `OPTION_FILE_FORMAT`, `OPTION_COLORMAP`, `OPTION_SPAN`, `OPTION_RANGE`; DepthFileError
   */
  async toBlob(format: DepthFileFormat = 'png', options: DrawOptions = {}): Promise<Blob> {
    this.#usable();
    const { depthBlob } = await this.#guard(parts.rare());
    return depthBlob(this, format, options);
  }

  /** Frees the buffer and the textures; calls under way reject. Safe to call twice. */
  dispose(): void {
    this.#end.end();
    // Once: those of a stream may be another map's by now.
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
    for (const texture of this.#textures.values())
      texture.then(
        (made) => made.destroy(),
        () => undefined,
      );
    this.#textures.clear();
  }

  /** `dispose`, for `using depth = await model.estimate(…)`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What is made of this map with other ends than its own. */
  async #between<T>(range: ValueRange, work: (map: DepthMap) => Promise<T>): Promise<T> {
    const { mapBetween } = await parts.rare();
    return work(mapBetween(this, this.#drawings, range));
  }

  async #write(format: DepthTextureFormat): Promise<GPUTexture> {
    const { writeTexture } = await parts.rare();
    return writeTexture(this, format, (key, build, made, purpose) =>
      this.#drawings.use(key, this, build, (drawing) =>
        submit(this.gpu, purpose, (encoder) => this.#encode(encoder, drawing, { packed: made, raw: made })),
      ),
    );
  }

  /** The first bytes of what a small graph on the map results in. */
  async #compute(key: string, bytes: number, build: DrawingBuilder): Promise<ArrayBuffer> {
    const read = (drawing: Drawing) =>
      submitRead(
        this.gpu,
        bytes,
        (encoder) => {
          this.#encode(encoder, drawing, {});
          return drawing.executable.buffer(drawing.result);
        },
        drawing.staging,
      );
    return this.#drawings.use(key, this, build, read);
  }

  #encode(
    encoder: GPUCommandEncoder,
    { executable, depth }: Drawing,
    textures: Readonly<Record<string, GPUTexture>>,
  ): void {
    this.#usable();
    encoder.copyBufferToBuffer(this.#depth.buffer, 0, executable.buffer(depth), 0, 4 * this.width * this.height);
    executable.encode(encoder, textures);
  }

  async #alive<T>(work: () => Promise<T>): Promise<T> {
    this.#usable();
    return this.#guard(work());
  }

  /** Passes on what comes of a sound device while the map lives. */
  #guard<T>(work: Promise<T>): Promise<T> {
    return this.#end.until(this.gpu.guard('read', work), () => disposed('This depth map', 'read'));
  }

  #usable(): void {
    if (this.#end.over) throw disposed('This depth map', 'read');
  }
}

/**
 * A depth map on the GPU. Nothing comes back to the CPU before it is asked for. It lives until it is disposed, or the
 * model that made it is, when the model has a device of its own.
 */
export type DepthMap = DepthMapOnGpu & DepthKind;
/** For `instanceof`: maps are made by `DepthModel.estimate`. */
export const DepthMap = DepthMapOnGpu as unknown as abstract new (...made: never) => DepthMap;

/** @internal A map of values f32[height,width] in buffers, which are the map's from here on. */
export function newDepthMap(...made: ConstructorParameters<typeof DepthMapOnGpu>): DepthMap {
  return new DepthMapOnGpu(...made) as DepthMap;
}

type Context2d = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** @internal Shows pixels on the canvas of a context, which takes their size. */
export function putColors(context: Context2d, colors: ImageData): void {
  const { canvas } = context;
  if (canvas.width !== colors.width) canvas.width = colors.width;
  if (canvas.height !== colors.height) canvas.height = colors.height;
  context.putImageData(colors, 0, 0);
}

function rangeOf(bytes: ArrayBuffer): DepthRange {
  const [min, max, low, high, nonFinite] = new Float32Array(bytes) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { min, max, low, high, nonFinite };
}
