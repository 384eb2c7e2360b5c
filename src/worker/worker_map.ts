/// <reference lib="esnext.disposable" preserve="true" />
import { putColors } from '../depth/depth_map.js';
import { UsageError } from '../errors.js';
import type { DepthFileFormat, DepthMapOnGpu, DepthRange, DepthSemantics, DrawOptions, SideMap } from '../index.js';
import { depthKind, type BesideName, type DepthKind } from '../models/family.js';
import type { MapFacts } from './host_calls.js';
import type { Link } from './link.js';

/** What a network gives beside the depth, as `SideMap`; its values stay on the worker's GPU until they are read. */
export type WorkerSideMap = Pick<SideMap, 'width' | 'height' | 'read'>;

/** Tells the worker of maps that were collected as garbage. */
const forgotten = new FinalizationRegistry<() => void>((dispose) => dispose());

/**
 * What depth maps of every kind are whose values are on the GPU of a worker: `DepthMap` without `buffer` and `texture`,
 * which a page has no use for.
 */
export class WorkerMap {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** What the values are; it says which of the two that follow are meant. */
  readonly kind: DepthKind['kind'];
  /** Whether nearer things have the larger or the smaller values. */
  readonly nearer: DepthKind['nearer'];
  readonly unit: DepthKind['unit'];
  /** Registry name of the model. */
  readonly model: DepthMapOnGpu['model'];
  /** As `DepthMap.confidence`. */
  readonly confidence: WorkerSideMap | undefined;
  /** As `DepthMap.sky`. */
  readonly sky: WorkerSideMap | undefined;
  /** As `DepthMap.timestamp`. */
  declare readonly timestamp?: number | undefined;
  readonly #link: Link;
  readonly #map: number;
  readonly #kept = new Map<string, Promise<unknown>>();

  /** @internal */
  constructor(link: Link, { map, width, height, kind, model, beside }: MapFacts) {
    this.#link = link;
    this.#map = map;
    this.width = width;
    this.height = height;
    this.kind = kind;
    this.nearer = depthKind(kind).nearer;
    this.unit = depthKind(kind).unit;
    this.model = model;
    const side = (name: BesideName): WorkerSideMap | undefined =>
      beside.includes(name)
        ? { width, height, read: () => this.#once(name, () => link.call('readBeside', { map, name })) }
        : undefined;
    this.confidence = side('confidence');
    this.sky = side('sky');
    forgotten.register(this, () => end(link, map), this);
  }

  /** As `DepthMap.read`: every call gives the same array. @throws DeviceLostError, DisposedError */
  read(): Promise<Float32Array> {
    return this.#once('depth', () => this.#link.call('read', { map: this.#map }));
  }

  /** As `DepthMap.readHalf`; half the bytes come from the worker. @throws DeviceLostError, DisposedError */
  readHalf(): Promise<Uint16Array<ArrayBuffer>> {
    return this.#link.call('readHalf', { map: this.#map });
  }

  /** As `DepthMap.range`. @throws DeviceLostError, DisposedError */
  range(): Promise<DepthRange> {
    return this.#once('range', () => this.#link.call('range', { map: this.#map }));
  }

  /** As `DepthMap.fieldOfView`. @throws DeviceLostError, DisposedError */
  fieldOfView(): Promise<number | undefined> {
    return this.#once('fieldOfView', () => this.#link.call('fieldOfView', { map: this.#map }));
  }

  /** As `DepthMap.colors`: RGBA bytes [height,width,4]. @throws UsageError `OPTION_COLORMAP`, `OPTION_RANGE` */
  colors(options: DrawOptions = {}): Promise<Uint8ClampedArray<ArrayBuffer>> {
    return this.#link.call('colors', { map: this.#map, options });
  }

  /**
   * As `DepthMap.draw`, on a canvas with a 2D context or none yet.
   * @throws UsageError `CANVAS_CONTEXT`, `OPTION_COLORMAP`, `OPTION_SPAN`, `OPTION_RANGE`
   */
  async draw(canvas: HTMLCanvasElement | OffscreenCanvas, options: DrawOptions = {}): Promise<void> {
    const context = canvas.getContext('2d') as Parameters<typeof putColors>[0] | null;
    if (!context)
      throw new UsageError('CANVAS_CONTEXT', "The canvas has another context; a worker's map needs a 2D context.", {
        phase: 'write',
      });
    putColors(context, new ImageData(await this.colors(options), this.width, this.height));
  }

  /** As `DepthMap.semantics`. */
  semantics(scale = 1, offset = 0): DepthSemantics {
    const { kind, model, width, height } = this;
    return { ...depthKind(kind), scale, offset, model, width, height };
  }

  /** As `DepthMap.toBlob`. @throws UsageError `OPTION_FILE_FORMAT`, `OPTION_COLORMAP`, `OPTION_RANGE` */
  toBlob(format: DepthFileFormat = 'png', options: DrawOptions = {}): Promise<Blob> {
    return this.#link.call('toBlob', { map: this.#map, format, options });
  }

  /** Frees the map in the worker. Safe to call twice. */
  dispose(): void {
    forgotten.unregister(this);
    this.#kept.clear();
    end(this.#link, this.#map);
  }

  /** `dispose`, for `using depth = await model.estimate(…)`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Asks the worker once, unless that failed or the map was disposed of. */
  #once<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const found = (this.#kept.get(what) as Promise<T> | undefined) ?? ask();
    this.#kept.set(what, found);
    found.catch(() => this.#kept.delete(what));
    return found;
  }
}

/** A depth map on the GPU of a worker. */
export type WorkerDepthMap = WorkerMap & DepthKind;

/** There is nothing left to free once the worker has ended. */
function end(link: Link, map: number): void {
  link.call('disposeMap', { map }).catch(() => undefined);
}
