import { newDepthMap, type DepthMap, type MapBuffers } from '../depth/depth_map.js';
import { BufferUsage } from '../gpu/buffers.js';
import { pictureSize, type PictureSource, type ReadFile, type ReadyPicture } from '../image/picture.js';
import { depthKind } from '../models/family.js';
import { geometryOfSize, programKey, type EstimateOptions, type Geometry } from './estimate.js';
import type { Frame } from './frames.js';
import type { Lifetime } from './lifetime.js';
import type { MapBufferPool } from './map_buffers.js';
import { ANCHORS, BLENDED_AT, BLENDED_FROM, INHERITED, lineOnto, partOf, STEP, WINDOW } from './window_frames.js';
import { WindowRun } from './window_run.js';

/** Scale and shift of maps that are laid onto no others. */
const AS_IT_IS = [1, 0] as const;

/** What a stream has that goes through windows. */
export interface WindowedStream {
  readonly frames: AsyncIterable<Frame<PictureSource>>;
  readonly pool: MapBufferPool;
  /** The depth of a picture alone, which finds out whether f16 holds the network's values. */
  readonly estimate: (picture: PictureSource, options: EstimateOptions) => Promise<DepthMap>;
  readonly read: ReadFile;
  readonly closePicture: (picture: PictureSource) => void;
}

/**
 * Depth of frames by a network along time, each by those of its window of 32, the later ones too. A frame of another
 * size begins a clip of its own.
 */
export async function* windowedDepth(
  life: Lifetime,
  stream: WindowedStream,
  options: EstimateOptions,
): AsyncGenerator<DepthMap, void, undefined> {
  const { frames, read, closePicture } = stream;
  let clip: WindowedClip | undefined;
  try {
    for await (const { picture, timestamp } of frames) {
      let taken = picture;
      try {
        const ready = await life.until(readyPicture(picture, read, options.signal), options.signal);
        taken = ready;
        if (clip && !clip.takes(ready)) {
          yield* clip.end();
          clip = clip.dispose();
        }
        clip ??= await openClip(life, stream, ready, options);
        await clip.take(ready, timestamp);
      } finally {
        closePicture(taken);
      }
      if (clip.full) yield* clip.window();
    }
    if (clip) yield* clip.end();
  } finally {
    clip?.dispose();
  }
}

async function readyPicture(
  picture: PictureSource,
  read: ReadFile,
  signal: AbortSignal | undefined,
): Promise<ReadyPicture> {
  const encoded = typeof picture === 'string' || picture instanceof URL || picture instanceof Blob;
  return encoded ? read(picture, signal) : picture;
}

async function openClip(
  life: Lifetime,
  { estimate, pool }: WindowedStream,
  first: ReadyPicture,
  options: EstimateOptions,
): Promise<WindowedClip> {
  const { signal } = options;
  if ((await life.ready(signal)).storage === 'f16') (await estimate(first, options)).dispose();
  const engine = await life.ready(signal);
  const geometry = geometryOfSize(engine, pictureSize(first), options);
  pool.use(engine.gpu.device);
  return new WindowedClip(await WindowRun.open(life, engine, geometry, signal), geometry, pool, options);
}

/** A clip whose frames come one after the other. */
class WindowedClip {
  readonly #run: WindowRun;
  readonly #geometry: Geometry;
  readonly #pool: MapBufferPool;
  readonly #options: EstimateOptions;
  /** Of metres, no scale and shift is found. */
  readonly #aligned: boolean;
  /** Frames so far, and when those are shown whose maps are still to come. */
  #frames = 0;
  readonly #timestamps = new Map<number, number | undefined>();
  /** The window at hand, from 0, and positions of it that have frames. */
  #window = 0;
  #filled = 0;
  /** Values that the first two maps of the next window are laid onto. */
  #anchors: Float32Array[] = [];
  /** Maps that are nobody else's, by their frame: the one at hand, and those that the next window has a part in. */
  readonly #held = new Map<number, GPUBuffer>();

  constructor(run: WindowRun, geometry: Geometry, pool: MapBufferPool, options: EstimateOptions) {
    this.#run = run;
    this.#geometry = geometry;
    this.#pool = pool;
    this.#options = options;
    this.#aligned = depthKind(run.engine.entry.kind).unit !== 'metre';
    run.begin();
  }

  /** Whether a picture has the size of the others. */
  takes(picture: ReadyPicture): boolean {
    const geometry = geometryOfSize(this.#run.engine, pictureSize(picture), this.#options);
    return programKey('', geometry) === programKey('', this.#geometry);
  }

  get full(): boolean {
    return this.#filled === WINDOW;
  }

  async take(picture: ReadyPicture, timestamp: number | undefined): Promise<void> {
    await this.#run.encode(picture, this.#filled++);
    this.#timestamps.set(this.#frames++, timestamp);
  }

  /** The maps that the window at hand makes final, where others follow. */
  async *window(): AsyncGenerator<DepthMap, void, undefined> {
    yield* this.#maps(false);
    this.#run.begin();
    this.#window++;
    this.#filled = INHERITED;
  }

  /** All maps that are left: windows that lack frames are filled up with the last one. */
  async *end(): AsyncGenerator<DepthMap, void, undefined> {
    for (let over = false; !over;) {
      while (!this.full) await this.#run.repeat(this.#filled++);
      over = this.#frames <= STEP * (this.#window + 1);
      if (over) yield* this.#maps(true);
      else yield* this.window();
    }
  }

  dispose(): undefined {
    for (const buffer of this.#held.values()) buffer.destroy();
    this.#held.clear();
    this.#run.end();
  }

  async *#maps(over: boolean): AsyncGenerator<DepthMap, void, undefined> {
    await this.#run.attend();
    const line = this.#window > 0 && this.#aligned ? await this.#line() : AS_IT_IS;
    const first = this.#window > 0 ? BLENDED_AT : 0;
    for (let position = first; position < WINDOW; position++) {
      const frame = STEP * this.#window + position;
      const shown = frame < this.#frames;
      if (over && !shown) return;
      const before = this.#held.get(frame);
      const map = await this.#map(position, [...line, before ? partOf(position) : 1], before);
      before?.destroy();
      this.#held.set(frame, map);
      if (!over && this.#aligned) await this.#noteAnchor(position, map);
      if (!over && position >= BLENDED_FROM) continue;
      this.#held.delete(frame);
      if (shown) yield this.#depthOf(map, frame);
      else map.destroy();
    }
  }

  /** Scale and shift that lay the maps of two frames onto what the window before made of them. */
  async #line(): Promise<readonly [number, number]> {
    const maps: Float32Array[] = [];
    for (const position of ANCHORS.next) {
      const map = await this.#map(position, [...AS_IT_IS, 1]);
      try {
        maps.push(await this.#run.read(map));
      } finally {
        map.destroy();
      }
    }
    return lineOnto(maps, this.#anchors);
  }

  /** The map of the clip's first frame stays for all windows. */
  async #noteAnchor(position: number, map: GPUBuffer): Promise<void> {
    const index = ANCHORS.here.findIndex((each) => each === position);
    if (index === 0 ? this.#window === 0 : index > 0) this.#anchors[index] = await this.#run.read(map);
  }

  async #map(position: number, line: readonly [number, number, number], before?: GPUBuffer): Promise<GPUBuffer> {
    const { width, height } = this.#geometry.out;
    const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
    const map = this.#pool.createBuffer({ label: 'depth map', size: 4 * width * height, usage });
    try {
      await this.#run.map(position, line, map, before);
      return map;
    } catch (error) {
      map.destroy();
      throw error;
    }
  }

  #depthOf(depth: GPUBuffer, frame: number): DepthMap {
    const { gpu, drawings, entry } = this.#run.engine;
    const buffers: MapBuffers = { depth };
    const map = newDepthMap(gpu, drawings, buffers, { ...entry, model: entry.name, ...this.#geometry.out });
    const timestamp = this.#timestamps.get(frame);
    this.#timestamps.delete(frame);
    return Object.assign(map, { timestamp });
  }
}
