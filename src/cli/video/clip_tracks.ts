import type { DepthMap } from '../../depth/depth_map.js';
import { finiteRange, quantize16 } from '../../depth/formats/depth_semantics.js';
import { encodePng } from '../../depth/formats/png.js';
import type { ProtectedFiles } from '../../node/protected_files.js';
import type { ClipFrame } from '../../node/video/frame_reader.js';
import { PartWriter, type PartOptions } from '../../node/video/part_writer.js';
import { createScene, createStereo, encodeExr, type DepthScene, type StereoLayout } from '../../views/index.js';
import { sideBySide, type Rgba } from '../compose.js';
import { write } from '../write_outputs.js';
import type { ClipRange } from './clip_range.js';
import type { RangeDrawing } from './draw_values.js';
import { frameFile, type FrameFormat } from './clip_options.js';

/** A frame, and the depth that was found of it. */
export interface FrameDepth {
  readonly frame: ClipFrame;
  readonly depth: DepthMap;
  readonly values: Float32Array;
  /** From 0. */
  readonly index: number;
}

/** Where the depth of a video goes, frame after frame. */
export interface Track {
  write(made: FrameDepth): Promise<void>;
  /** Ends what was begun; it is whole then. */
  end(): Promise<void>;
  /** Leaves what was begun. */
  stop(): void;
  /** Frames with values beyond what codes of 16 bits stand for. */
  readonly cut: number;
}

/** A part of a video, as large as its first picture. */
export class VideoTrack implements Track {
  readonly cut = 0;
  readonly #draw: (made: FrameDepth) => Promise<Rgba>;
  readonly #path: string;
  readonly #options: Pick<PartOptions, 'encoder' | 'rate'>;
  #writer: PartWriter | undefined;

  constructor(path: string, options: Pick<PartOptions, 'encoder' | 'rate'>, draw: (made: FrameDepth) => Promise<Rgba>) {
    this.#path = path;
    this.#options = options;
    this.#draw = draw;
  }

  async write(made: FrameDepth): Promise<void> {
    const { data, width, height } = await this.#draw(made);
    const { pts, timeBase } = made.frame;
    this.#writer ??= new PartWriter(this.#path, { ...this.#options, width, height, timeBase });
    await this.#writer.write(data as Uint8Array, pts);
  }

  async end(): Promise<void> {
    await this.#writer?.end();
  }

  stop(): void {
    this.#writer?.stop();
  }
}

/** A file for each frame. */
export class FramesTrack implements Track {
  cut = 0;
  readonly #folder: string;
  readonly #content: (made: FrameDepth) => Promise<Uint8Array>;
  readonly #format: FrameFormat;
  readonly #reads: ProtectedFiles;

  constructor(folder: string, format: FrameFormat, scenes: SceneOptions, reads: ProtectedFiles) {
    this.#folder = folder;
    this.#format = format;
    this.#content = (made) => (format === 'exr' ? exrOf(made, scenes) : this.#png16(made, scenes.range));
    this.#reads = reads;
  }

  async write(made: FrameDepth): Promise<void> {
    const path = `${this.#folder}/${frameFile(made.index, this.#format)}`;
    await this.#reads.refuse(path);
    await write(path, await this.#content(made));
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  stop(): void {}

  async #png16({ depth, values }: FrameDepth, range: ClipRange): Promise<Uint8Array> {
    const { min, max } = codedRange(range);
    const own = finiteRange(values);
    if (own.min < min || own.max > max) this.cut++;
    const { codes, scale, offset } = quantize16(values, { min, max });
    const { width, height } = depth;
    return encodePng(
      { width, height, channels: 1, data: codes },
      { depthwise: JSON.stringify(depth.semantics(scale, offset)) },
    );
  }
}

/** What codes of all frames stand for: twice the range of those that were looked at, as others may have more. */
function codedRange({ min, max }: ClipRange): { readonly min: number; readonly max: number } {
  const room = (max - min) / 2;
  return { min: min - room, max: max + room };
}

/** What scenes of all frames share. */
export interface SceneOptions {
  readonly range: ClipRange;
  readonly focalLength?: number;
  /** Degrees from side to side in the first frame: a model that estimates them does so of each frame anew. */
  fieldOfView?: number | undefined;
}

async function exrOf(made: FrameDepth, options: SceneOptions): Promise<Uint8Array> {
  using scene = await sceneOf(made, options);
  return encodeExr(await scene.readDepth(), scene, {
    text: scene.unit === 'metre' ? { unit: 'metre' } : { unit: 'none', near: `${scene.near}`, far: `${scene.far}` },
  });
}

/** The stereo pair of a frame. */
export async function stereoOf(made: FrameDepth, layout: StereoLayout, options: SceneOptions): Promise<Rgba> {
  using scene = await sceneOf(made, options);
  using pair = await createStereo(scene, { layout });
  return pair.read();
}

/** A scene that is as deep as those of all other frames. */
async function sceneOf({ frame, depth }: FrameDepth, options: SceneOptions): Promise<DepthScene> {
  const { low, high } = options.range;
  const ends =
    depth.kind === 'metric'
      ? { near: Math.max(low, LEAST_DISTANCE), far: Math.max(high, 2 * LEAST_DISTANCE) }
      : { range: [low, Math.max(high, low + LEAST_SPAN * Math.max(1, Math.abs(low)))] as const };
  const { focalLength, fieldOfView } = options;
  const scene = await createScene(depth, frame, { ...ends, ...(focalLength ? { focalLength } : { fieldOfView }) });
  options.fieldOfView = scene.lens.fieldOfView;
  return scene;
}

/** In metres, and of relative maps as a part of their values. */
const LEAST_DISTANCE = 0.001;
const LEAST_SPAN = 1e-6;

/** The picture of a frame and its drawing. */
export function drawingOf(drawing: RangeDrawing, side: boolean): (made: FrameDepth) => Promise<Rgba> {
  return ({ frame, depth, values }) => {
    const drawn = drawing.draw(values, depth);
    return Promise.resolve(side ? sideBySide(frame, drawn) : drawn);
  };
}
