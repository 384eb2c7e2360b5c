import { DisposedError, UsageError } from './errors.js';
import { BufferUsage, readBuffer, TextureUsage } from './gpu/buffers.js';
import type { Gpu } from './gpu/gpu.js';
import { Executable } from './graph/executor.js';
import { Graph, type Value } from './graph/graph.js';
import { colorizeDepth, packDepth, rawDepth } from './image/colorize.js';
import type { ColormapName } from './image/colormaps.js';
import { finiteRange, quantize16, type DepthSemantics } from './image/formats/depth_semantics.js';
import { encodeNpy } from './image/formats/npy.js';
import { encodePfm } from './image/formats/pfm.js';
import { encodePng } from './image/formats/png.js';
import { depthRange } from './image/range.js';
import type { Span } from './kernels/colorize.js';
import type { DepthKind } from './models/registry.js';

/** Ends of a depth map's values. */
export interface DepthRange {
  readonly min: number;
  readonly max: number;
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
}

/** Formats of `DepthMap.texture`: `r32float` holds the values; the others nearness 0…1 in red and the value in green. */
export type DepthTextureFormat = 'r32float' | 'rgba16float' | 'rgba32float';

/** What a file of `DepthMap.toBlob` holds: colours, 16-bit codes, or the f32 values. */
export type DepthFileFormat = 'png' | 'png16' | 'pfm' | 'npy';

interface MapSource extends DepthKind {
  readonly model: string;
  readonly width: number;
  readonly height: number;
}

/**
 * A depth map on the GPU. Nothing comes back to the CPU before it is asked for. It lives until it is disposed, or the
 * model that made it is, when the model has a device of its own.
 */
export class DepthMap implements DepthKind {
  readonly width: number;
  readonly height: number;
  readonly kind: DepthKind['kind'];
  readonly nearer: DepthKind['nearer'];
  readonly unit: DepthKind['unit'];
  /** Registry name of the model. */
  readonly model: string;
  readonly #gpu: Gpu;
  readonly #buffer: GPUBuffer;
  readonly #textures = new Map<DepthTextureFormat, GPUTexture>();
  #values: Promise<Float32Array> | undefined;
  #range: Promise<DepthRange> | undefined;
  #disposed = false;

  /** @internal Maps are made by `DepthModel.estimate`. */
  constructor(gpu: Gpu, buffer: GPUBuffer, source: MapSource) {
    this.#gpu = gpu;
    this.#buffer = buffer;
    this.width = source.width;
    this.height = source.height;
    this.kind = source.kind;
    this.nearer = source.nearer;
    this.unit = source.unit;
    this.model = source.model;
  }

  /** The values f32[height,width] on the device, row-major; usage STORAGE, COPY_SRC and COPY_DST. */
  get buffer(): GPUBuffer {
    this.#usable();
    return this.#buffer;
  }

  /** The values [height,width], row-major, read back once. */
  read(): Promise<Float32Array> {
    this.#usable();
    return (this.#values ??= this.#guard(async () => new Float32Array(await readBuffer(this.#gpu.device, this.#buffer, 4 * this.width * this.height))));
  }

  /** Smallest and largest value, percentiles, and how many values are not finite, found on the GPU. */
  range(): Promise<DepthRange> {
    this.#usable();
    return (this.#range ??= this.#run((graph, depth) => depthRange(graph, depth), async (executable, range) => {
      const [min, max, low, high, nonFinite] = new Float32Array(await readBuffer(this.#gpu.device, executable.buffer(range), 32)) as unknown as [number, number, number, number, number];
      return { min, max, low, high, nonFinite };
    }));
  }

  /** A texture [height,width] of the map, kept until dispose. `rgba16float` can be filtered on every device. */
  async texture(format: DepthTextureFormat = 'rgba16float'): Promise<GPUTexture> {
    this.#usable();
    const known = this.#textures.get(format);
    if (known) return known;
    const texture = this.#createTexture(format);
    this.#textures.set(format, texture);
    const { nearer } = this;
    await this.#run((graph, depth) => (format === 'r32float' ? rawDepth(graph, depth) : packDepth(graph, depth, depthRange(graph, depth), { span: 'full', nearer, format })), async () => undefined, texture);
    return texture;
  }

  /** The map in colours: RGBA bytes [height,width,4]. */
  async colors(options: DrawOptions = {}): Promise<Uint8ClampedArray<ArrayBuffer>> {
    this.#usable();
    const bytes = 4 * this.width * this.height;
    return this.#run((graph, depth) => colorizeDepth(graph, depth, depthRange(graph, depth), { ...this.#look(options), target: 'buffer' }), async (executable, colors) =>
      new Uint8ClampedArray(await readBuffer(this.#gpu.device, executable.buffer(colors), bytes)));
  }

  /** Draws the map on a canvas, which takes the map's size. A canvas with a 2D context or none yet; see `texture` for WebGPU. */
  async draw(canvas: HTMLCanvasElement | OffscreenCanvas, options: DrawOptions = {}): Promise<void> {
    const colors = await this.colors(options);
    if (canvas.width !== this.width) canvas.width = this.width;
    if (canvas.height !== this.height) canvas.height = this.height;
    const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
    if (!context) throw new UsageError('CANVAS_CONTEXT', 'The canvas has a context of another kind; draw needs a 2D context.', { phase: 'write' });
    context.putImageData(new ImageData(colors, this.width, this.height), 0, 0);
  }

  /** What the stored numbers mean, as written into files. */
  semantics(scale = 1, offset = 0): DepthSemantics {
    const { kind, nearer, unit, model, width, height } = this;
    return { kind, nearer, unit, scale, offset, model, width, height };
  }

  /** The map as a file: a coloured PNG, a 16-bit PNG with its scale and offset in a text chunk, PFM or NPY. */
  async toBlob(format: DepthFileFormat = 'png', options: DrawOptions = {}): Promise<Blob> {
    const { width, height } = this;
    const text = (semantics: DepthSemantics) => ({ depthwise: JSON.stringify(semantics) });
    if (format === 'png') {
      const data = new Uint8Array((await this.colors(options)).buffer);
      return new Blob([await encodePng({ width, height, channels: 4, data }, text(this.semantics()))], { type: 'image/png' });
    }
    const values = await this.read();
    if (format === 'pfm') return new Blob([encodePfm(values, width, height)], { type: 'application/octet-stream' });
    if (format === 'npy') return new Blob([encodeNpy(values, [height, width])], { type: 'application/octet-stream' });
    const { codes, scale, offset } = quantize16(values, finiteRange(values));
    return new Blob([await encodePng({ width, height, channels: 1, data: codes }, text(this.semantics(scale, offset)))], { type: 'image/png' });
  }

  /** Frees the buffer and the textures. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    this.#buffer.destroy();
    for (const texture of this.#textures.values()) texture.destroy();
    this.#textures.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #look({ colormap = 'inferno', invert = false, span = 'full' }: DrawOptions) {
    return { colormap, invert, span, nearer: this.nearer };
  }

  #createTexture(format: DepthTextureFormat): GPUTexture {
    const usage = TextureUsage.TEXTURE_BINDING | TextureUsage.STORAGE_BINDING | TextureUsage.COPY_SRC;
    return this.#gpu.device.createTexture({ label: 'depth', size: [this.width, this.height], format, usage });
  }

  /** Runs a small graph on the map and hands its result to `read`. */
  async #run<T>(build: (graph: Graph, depth: Value) => Value, read: (executable: Executable, result: Value) => Promise<T>, texture?: GPUTexture): Promise<T> {
    return this.#guard(async () => {
      const { device } = this.#gpu;
      const graph = new Graph();
      const depth = graph.input('depth', { dtype: 'f32', shape: [this.height, this.width] });
      const result = build(graph, depth);
      const constants = new Map<string, GPUBuffer>();
      const keep = result.type.dtype === 'texture' ? [] : [result];
      for (const [key, { origin }] of graph.constants) if (origin.kind === 'constant') constants.set(key, uploaded(device, key, origin.pack()));
      const executable = await Executable.compile(graph, this.#gpu, { constants: (key) => constants.get(key) as GPUBuffer, keep });
      try {
        const encoder = device.createCommandEncoder({ label: 'depth map' });
        encoder.copyBufferToBuffer(this.#buffer, 0, executable.buffer(depth), 0, 4 * this.width * this.height);
        executable.encode(encoder, texture ? { colors: texture, packed: texture, raw: texture } : {});
        device.queue.submit([encoder.finish()]);
        return await read(executable, result);
      } finally {
        executable.dispose();
        for (const buffer of constants.values()) buffer.destroy();
      }
    });
  }

  /** Runs GPU work and turns what went wrong under it into a typed error. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#gpu.check('read');
      return result;
    } catch (error) {
      this.#usable();
      this.#gpu.check('read');
      throw error;
    }
  }

  #usable(): void {
    if (this.#disposed) throw new DisposedError('DISPOSED', 'This depth map has been disposed.', { phase: 'read' });
  }
}

function uploaded(device: GPUDevice, label: string, data: Float32Array): GPUBuffer {
  const buffer = device.createBuffer({ label, size: data.byteLength, usage: BufferUsage.STORAGE | BufferUsage.COPY_DST });
  device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  return buffer;
}

