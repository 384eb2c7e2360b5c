import {
  loadDepthModel,
  type DepthFileFormat,
  type DepthMap,
  type DepthModel,
  type DrawOptions,
  type EstimateOptions,
  type LoadOptions,
  type ModelInfo,
  type ModelSource,
  type PictureSource,
  type Size,
  type SizeOptions,
  type StreamOptions,
} from '../index.js';
import { disposed } from '../errors.js';
import type { BesideName } from '../models/family.js';
import { FedStream } from './fed_stream.js';

/** What a call of the page can be given up by, and tell of what happens meanwhile. */
export interface CallContext {
  readonly signal: AbortSignal;
  readonly tell: (event: 'progress' | 'warning', value: unknown) => void;
}

/** What the page is told of a map that stays in the worker. */
export interface MapFacts {
  readonly map: number;
  readonly width: number;
  readonly height: number;
  readonly kind: DepthMap['kind'];
  readonly model: DepthMap['model'];
  readonly beside: readonly BesideName[];
  /** Of the model that made it: a run may have ended its f16. */
  readonly info: ModelInfo;
}

interface OfMap {
  readonly map: number;
}

interface OfModel {
  readonly model: number;
}

interface OfStream {
  readonly stream: number;
}

export type HostCalls = ReturnType<typeof hostCalls>;

/** The calls that a worker answers, each with one argument that can be cloned; models and maps go by numbers. */
export function hostCalls() {
  const models = new Numbered<DepthModel>('This model');
  const maps = new Numbered<DepthMap>('This depth map');
  const streams = new Numbered<FedStream>('This stream');

  /** Keeps a map, unless its call was given up meanwhile, and closes the picture, which moved here or is a clone. */
  async function kept(
    estimate: (loaded: DepthModel) => Promise<DepthMap>,
    { model, picture }: OfModel & { picture: PictureSource },
    signal: AbortSignal,
  ): Promise<MapFacts> {
    try {
      const loaded = models.get(model);
      const map = await estimate(loaded);
      if (signal.aborted) map.dispose();
      signal.throwIfAborted();
      const { width, height, kind } = map;
      const beside = (['confidence', 'sky'] as const).filter((name) => map[name]);
      return { map: maps.add(map, model), width, height, kind, model: map.model, beside, info: loaded.info };
    } finally {
      // Not by `closePicture`: what a door has in common with this script would be in it, and the door would run it.
      (picture as { close?: () => void } | undefined)?.close?.();
    }
  }

  return {
    async load(
      { source, options }: { source: ModelSource; options: Omit<LoadOptions, 'signal'> },
      { signal, tell }: CallContext,
    ) {
      const model = await loadDepthModel(source, {
        ...options,
        signal,
        onProgress: (progress) => tell('progress', progress),
        onWarning: ({ code, message }) => tell('warning', { code, message }),
      });
      if (signal.aborted) model.dispose();
      signal.throwIfAborted();
      return { model: models.add(model), info: model.info };
    },

    estimate: (of: OfModel & { picture: PictureSource; options: EstimateOptions }, { signal }: CallContext) =>
      kept((model) => model.estimate(of.picture, { ...of.options, signal }), of, signal),

    /** @param stream its number, which the page chose to go on without an answer */
    openStream: async ({ model, stream, options }: OfModel & OfStream & { options: StreamOptions }) =>
      void streams.add(new FedStream(models.get(model), options), model, stream),
    streamFrame: (of: OfModel & OfStream & { picture: PictureSource }, { signal }: CallContext) =>
      kept(() => streams.get(of.stream).next(of.picture, signal), of, signal),
    endStream: async ({ stream }: OfStream) => streams.end(stream),

    run: ({ model, tensor, shape }: OfModel & { tensor: Float32Array; shape: [number, number, number, number] }) =>
      models.get(model).run(tensor, shape),
    profile: ({ model, picture, sizes }: OfModel & { picture: Size; sizes: SizeOptions }) =>
      models.get(model).profile(picture, sizes),
    plan: async ({ model, picture, options }: OfModel & { picture: Size; options: EstimateOptions }) =>
      models.get(model).plan(picture, options),
    memory: ({ model }: OfModel) => models.get(model).memory(),

    read: ({ map }: OfMap) => maps.get(map).read(),
    readHalf: ({ map }: OfMap) => maps.get(map).readHalf(),
    readBeside: ({ map, name }: OfMap & { name: BesideName }) => maps.get(map)[name]!.read(),
    range: ({ map }: OfMap) => maps.get(map).range(),
    fieldOfView: ({ map }: OfMap) => maps.get(map).fieldOfView(),
    colors: ({ map, options }: OfMap & { options: DrawOptions }) => maps.get(map).colors(options),
    toBlob: ({ map, format, options }: OfMap & { format: DepthFileFormat; options: DrawOptions }) =>
      maps.get(map).toBlob(format, options),

    disposeMap: async ({ map }: OfMap) => maps.end(map),
    disposeModel: async ({ model }: OfModel) => {
      streams.endOf(model);
      maps.endOf(model);
      models.end(model);
    },
  };
}

/** Things that the page knows by number. */
class Numbered<T extends { dispose(): void }> {
  readonly #all = new Map<number, T>();
  readonly #owners = new Map<number, number>();
  readonly #what: string;
  #next = 1;

  constructor(what: string) {
    this.#what = what;
  }

  /** @param owner number of what it ends with */
  add(thing: T, owner = 0, number = this.#next++): number {
    this.#all.set(number, thing);
    this.#owners.set(number, owner);
    return number;
  }

  /** @throws DisposedError */
  get(number: number): T {
    const thing = this.#all.get(number);
    if (!thing) throw disposed(this.#what, 'run');
    return thing;
  }

  /** Disposes of a thing, once. */
  end(number: number): void {
    this.#all.get(number)?.dispose();
    this.#all.delete(number);
    this.#owners.delete(number);
  }

  /** Disposes of what an owner has. */
  endOf(owner: number): void {
    for (const [number, of] of [...this.#owners]) if (of === owner) this.end(number);
  }
}
