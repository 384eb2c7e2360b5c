import type { DepthMap, DepthModel, DepthRange } from 'depthwise';
import { ASSUMED_FIELD_OF_VIEW, createScene, type DepthScene } from 'depthwise/views';
import wgsl from './live_depth.wgsl?raw';
import type { Live } from './scene_stage.js';
import type { ViewSettings } from './view_settings.js';

/** Pixels of a scene at most: each is six vertices of each frame. */
const MOST_PIXELS = { gpu: 2 ** 19, software: 2 ** 15 };
/** Part of the way that the ends of what is seen go with each frame, so that the scene does not pump. */
const FOLLOW = 0.2;
/** Of a relative map: ends that have moved by more than this part of their span are those of another scene. */
const CUT = 0.5;
/** In metres. */
const LEAST_DISTANCE = 0.001;
const WORKGROUP = 64;
const MOST_GROUPS = 65535;

const compiled = new WeakMap<GPUDevice, Promise<GPUComputePipeline>>();

type Ends = Pick<DepthRange, 'low' | 'high'>;

/** A scene of what moves: its picture and its depth are written anew with every frame, on the GPU. */
export class LiveScene implements Live {
  frame = 0;
  readonly #device: GPUDevice;
  readonly #pipeline: GPUComputePipeline;
  readonly #kind: DepthMap['kind'];
  /** Of the maps. */
  readonly #own: readonly [width: number, height: number];
  readonly #size: readonly [width: number, height: number];
  readonly #depth: GPUBuffer;
  readonly #params: GPUBuffer;
  /** The frame whose depth is there. */
  readonly #picture: GPUTexture;
  #scene: DepthScene | undefined;
  #ends: Ends | undefined;

  private constructor(model: DepthModel, pipeline: GPUComputePipeline, map: DepthMap, picture: GPUTexture) {
    const { device, info } = model;
    this.#device = device;
    this.#pipeline = pipeline;
    this.#kind = map.kind;
    this.#own = [map.width, map.height];
    const most = MOST_PIXELS[info.adapter.software ? 'software' : 'gpu'];
    const factor = Math.max(1, Math.sqrt((map.width * map.height) / most));
    const [width, height] = (this.#size = [Math.floor(map.width / factor), Math.floor(map.height / factor)]);
    this.#depth = device.createBuffer({ label: 'live depth', size: 4 * width * height, usage: GPUBufferUsage.STORAGE });
    this.#params = device.createBuffer({ size: 24, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    this.#picture = device.createTexture({
      label: 'live picture',
      size: [picture.width, picture.height],
      format: picture.format,
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
    });
  }

  /** A scene for maps and pictures like these. */
  static async make(model: DepthModel, map: DepthMap, picture: GPUTexture): Promise<LiveScene> {
    return new LiveScene(model, await pipelineOf(model.device), map, picture);
  }

  fits({ width, height, kind }: DepthMap, picture: GPUTexture): boolean {
    return (
      kind === this.#kind &&
      width === this.#own[0] &&
      height === this.#own[1] &&
      picture.width === this.#picture.width &&
      picture.height === this.#picture.height
    );
  }

  /** Takes a frame and its map, which are used by nobody else once this returns. */
  take(map: DepthMap, picture: GPUTexture, range: Ends): void {
    const device = this.#device;
    const [width, height] = this.#size;
    const { low, high } = (this.#ends = follow(this.#ends, range));
    const params = new DataView(new ArrayBuffer(24));
    [width, height, ...this.#own].forEach((side, i) => params.setUint32(4 * i, side, true));
    const [from, scale] = SPANS[this.#kind](low, high);
    params.setFloat32(16, from, true);
    params.setFloat32(20, scale, true);
    device.queue.writeBuffer(this.#params, 0, params.buffer as ArrayBuffer);
    const encoder = device.createCommandEncoder({ label: 'live scene' });
    encoder.copyTextureToTexture({ texture: picture }, { texture: this.#picture }, [picture.width, picture.height]);
    const pass = encoder.beginComputePass({ label: 'live depth' });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(
      0,
      device.createBindGroup({
        layout: this.#pipeline.getBindGroupLayout(0),
        entries: [this.#params, map.buffer, this.#depth].map((buffer, binding) => ({ binding, resource: { buffer } })),
      }),
    );
    const groups = Math.ceil((width * height) / WORKGROUP);
    const rows = Math.ceil(groups / MOST_GROUPS);
    pass.dispatchWorkgroups(Math.ceil(groups / rows), rows);
    pass.end();
    this.#scene?.encode(encoder);
    device.queue.submit([encoder.finish()]);
    this.frame++;
  }

  async sceneOf({ far, angle }: ViewSettings): Promise<DepthScene> {
    const [width, height] = this.#size;
    const { low, high } = this.#ends ?? { low: 0, high: 1 };
    const near = Math.max(low, LEAST_DISTANCE);
    const spans = {
      'relative-inverse': { far, range: [0, 1] },
      relative: { far, range: [1, far] },
      metric: { near, far: Math.max(high, 2 * near) },
    } as const;
    const depth = { device: this.#device, buffer: this.#depth, width, height, kind: this.#kind };
    return (this.#scene = await createScene(depth, this.#picture, {
      ...spans[this.#kind],
      ...(angle === ASSUMED_FIELD_OF_VIEW ? {} : { fieldOfView: angle }),
    }));
  }

  end(): void {
    for (const each of [this.#depth, this.#params, this.#picture]) each.destroy();
  }
}

/** What is taken from values, and what they are multiplied by then: relative maps span the same in every frame. */
const SPANS: Readonly<Record<DepthMap['kind'], (low: number, high: number) => readonly [from: number, scale: number]>> =
  {
    'relative-inverse': (low, high) => [low, high > low ? 1 / (high - low) : 0],
    relative: (low) => [0, low > 0 ? 1 / low : 1],
    metric: () => [0, 1],
  };

function follow(before: Ends | undefined, { low, high }: Ends): Ends {
  const most = before && CUT * (before.high - before.low);
  if (!most || Math.abs(low - before.low) > most || Math.abs(high - before.high) > most) return { low, high };
  const between = (from: number, to: number) => from + FOLLOW * (to - from);
  return { low: between(before.low, low), high: between(before.high, high) };
}

function pipelineOf(device: GPUDevice): Promise<GPUComputePipeline> {
  let known = compiled.get(device);
  if (known) return known;
  const module = device.createShaderModule({ label: 'live depth', code: wgsl });
  known = device.createComputePipelineAsync({ label: 'live depth', layout: 'auto', compute: { module } });
  compiled.set(device, known);
  known.catch(() => compiled.delete(device));
  return known;
}
