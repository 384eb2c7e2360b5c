import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { newDepthMap, type DepthMap, type MapBuffers } from '../depth/depth_map.js';
import type { Engine, Lease, Program, ProgramBuilder } from './engine.js';
import { BufferUsage } from '../gpu/buffers.js';
import { scoped, submit } from '../gpu/scoped.js';
import type { Graph, Value } from '../graph/graph.js';
import { PictureTexture, pictureSize, type ReadyPicture } from '../image/picture.js';
import { checkPixels, type RawPicture } from '../image/pixels.js';
import { copyOf } from '../arguments/plain_memory.js';
import { resizeDepth } from '../depth/resize.js';
import type { Outputs } from '../models/family.js';
import { borderOf, firstSize, networkSize, type Size, type SizeOptions } from '../image/size.js';
import type { Lifetime } from './lifetime.js';
import type { Look } from './looks.js';
import { parts } from '../parts.js';
import type { Queueing, Turn } from './run_queue.js';
import { numel } from '../tensor.js';

/** Options of one estimate. */
export interface EstimateOptions extends SizeOptions {
  /** Size of the map: that of the picture, or that of the network's input, with the border that ZoeDepth adds. */
  readonly size?: 'picture' | 'network';
  /**
   * Two runs of a model are on the GPU at a time; other calls wait for their turn, in order, each with a copy of its
   * picture. `latest` leaves out the calls that wait and were made with `latest` too: they reject with an `AbortError`,
   * so that a camera is never behind. `all`, the default, leaves out none.
   */
  readonly queue?: Queueing;
  /**
   * Focal length of the camera in pixels of the picture, for models that need it; in place of what the picture's EXIF
   * data say.
   */
  readonly focalLength?: number;
  /**
   * Finds how far to trust each value: see `DepthMap.confidence`. Models that say it themselves say it anyway; the
   * others take four more runs of the network. Not in streams with `steady`.
   */
  readonly confidence?: boolean;
  readonly signal?: AbortSignal;
}

/** What an estimate takes. */
export const ESTIMATE_OPTIONS: OptionTable<EstimateOptions> = {
  size: ['picture', 'network'],
  queue: ['all', 'latest'],
  inputSize: null,
  square: null,
  maxSide: null,
  focalLength: 'positive',
  confidence: [true, false],
  signal: 'signal',
};

/** What a run on pictures of one size computes. */
export interface Geometry {
  readonly picture: Size;
  readonly network: Size;
  /** What the picture is resized to before that, by rules that resize it twice. */
  readonly between?: Size;
  /** Of the depth map. */
  readonly out: Size;
}

/** Name of the input of a program that the network's depth is multiplied by. */
export const METRES = 'metres';
/** What a map is made of, where a program gives it. */
const OUTPUTS = ['depth', 'confidence', 'sky', 'fieldOfView'] as const satisfies readonly (keyof Outputs)[];
const MAP_USAGE = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;

/** What an estimate takes on the GPU, in bytes. */
export interface EstimatePlan {
  /** Of the network's input. */
  readonly network: Size;
  /** All activations; they are kept for later pictures of the same size. */
  readonly activations: number;
  /** The least that activations of this network could take. */
  readonly lowerBound: number;
  /** The weights it reads, which other sizes share. */
  readonly weights: number;
  readonly dispatches: number;
  /** How often the network is run, one time after the other. */
  readonly runs: number;
}

/** What a run is part of. */
export interface EstimateUse {
  /** The program, as `leaseEstimate`. */
  readonly lease: typeof leaseEstimate;
  /** Awaited between two runs. */
  between?(): Promise<void>;
  /** Makes the buffers of its maps, and gets them back when they are destroyed. */
  readonly buffers?: Pick<GPUDevice, 'createBuffer'>;
  /** Records what follows a run, and may add buffers to its map. */
  after?(engine: Engine, encoder: GPUCommandEncoder, program: Program, map: Record<string, GPUBuffer>): void;
  /** What its map is drawn with. */
  drawings?(engine: Engine, map: MapBuffers): Pick<Engine['drawings'], 'use'>;
}

/** Sizes of an estimate of a picture of a size. @throws ImageError, LimitError, UsageError */
export function geometryOfSize({ entry }: Engine, picture: Size, options: EstimateOptions): Geometry {
  checkOptions(options, ESTIMATE_OPTIONS, 'image');
  const { size, ...sizes } = options;
  const network = networkSize(entry.input, picture.width, picture.height, sizes);
  const between = firstSize(entry.input, picture.width, picture.height, sizes);
  return { picture, network, between, out: size === 'network' ? network : picture };
}

/** The key of a program: equal geometries share one. */
export function programKey(use: string, { picture, between = picture, network, out }: Geometry): string {
  return [use, ...[picture, between, network, out].map(({ width, height }) => `${width}×${height}`)].join(' ');
}

type Estimator = Pick<Engine, 'entry' | 'convention' | 'preprocess' | 'network' | 'metres'>;

/** Picture texture → preprocessing → network → depth map of the size asked for. */
export function pictureToDepth(engine: Estimator, graph: Graph, geometry: Geometry): Value {
  return toSize(engine, graph, inUnit(engine, graph, engine.network(networkInput(engine, graph, geometry))), geometry);
}

/**
 * All maps of a network, of the size asked for.
 * @param depth in its unit, where something was made of the network's
 */
export function mapsOf(
  engine: Estimator,
  graph: Graph,
  outputs: Outputs,
  geometry: Geometry,
  depth = inUnit(engine, graph, outputs),
): Record<string, Value> {
  const { depth: _raw, ...beside } = outputs;
  const resized = Object.entries(beside).map(([name, map]) => [name, toSize(engine, graph, map, geometry)] as const);
  return { depth: toSize(engine, graph, depth, geometry), ...Object.fromEntries(resized) };
}

/** Picture texture → preprocessing. */
export function networkInput(engine: Estimator, graph: Graph, { picture, network, between }: Geometry): Value {
  const { mean, std } = engine.entry;
  const texture = graph.input('picture', { dtype: 'texture', shape: [picture.height, picture.width] });
  return engine.preprocess(graph, texture, {
    size: [network.height, network.width],
    border: borderOf(engine.entry.input, picture),
    between: between && [between.height, between.width],
    mean,
    std,
  });
}

/** The depth of a network in its unit. */
export function inUnit(engine: Estimator, graph: Graph, { depth }: Outputs): Value {
  if (engine.entry.canonicalFocal === undefined) return depth;
  return engine.metres(depth, graph.input(METRES, { dtype: 'f32', shape: [4] }));
}

function toSize(
  { entry, convention }: Estimator,
  graph: Graph,
  map: Value,
  { picture, network, out }: Geometry,
): Value {
  const border = out === network ? undefined : borderOf(entry.input, picture);
  return resizeDepth(graph, map, { ...out, filter: convention === 'hub' ? 'bicubic' : entry.output, border });
}

/** The program of an estimate. @throws LimitError before anything is allocated */
export function leaseEstimate(engine: Engine, geometry: Geometry): Lease {
  return engine.lease(programKey('estimate', geometry), estimateBuilder(engine, geometry));
}

/** The use of an estimate that asks for nothing more. */
export const usual: EstimateUse = { lease: leaseEstimate };

/** Whether confidence is asked for that the network does not give by itself. */
export function needsDoubt({ beside }: Engine['entry'], { confidence }: EstimateOptions): boolean {
  return confidence === true && !beside?.includes('confidence');
}

/** Has the network asked in other ways too. The code comes while the picture, which is read at once, waits. */
const doubted: EstimateUse = {
  lease(engine, geometry) {
    const lease = parts.rare().then((rare) => rare.leaseDoubted(engine, geometry));
    return {
      program: lease.then(({ program }) => program),
      ready: undefined,
      release: () => void lease.then(({ release }) => release(), Boolean),
    };
  },
};

function estimateBuilder(engine: Engine, geometry: Geometry): ProgramBuilder {
  return (graph) => {
    const keep = mapsOf(engine, graph, engine.network(networkInput(engine, graph, geometry)), geometry);
    return { keep, inputs: factorInput(graph) };
  };
}

/** The factor to metres of a graph that takes one. */
export function factorInput(graph: Graph): Record<string, Value> {
  const factor = graph.inputs.get(METRES);
  return factor ? { [METRES]: factor } : {};
}

/** Records that a program of an estimate works with a factor to metres. */
function writeFactor(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  program: Program,
  factor: number | undefined,
): void {
  const input = program.values[METRES];
  if (!input || factor === undefined) return;
  // A buffer of another factor is left to the browser: an encoder that is not submitted yet may copy from it.
  if (program.factor?.value !== factor) program.factor = { value: factor, buffer: factorBuffer(device, factor) };
  encoder.copyBufferToBuffer(program.factor.buffer, 0, program.executable.buffer(input), 0, 16);
}

function factorBuffer(device: GPUDevice, factor: number): GPUBuffer {
  const usage = BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
  const buffer = device.createBuffer({ label: 'factor to metres', size: 16, usage });
  device.queue.writeBuffer(buffer, 0, new Float32Array([factor, 0, 0, 0]));
  return buffer;
}

/** What the program of an estimate takes, from its graph alone. @throws as `leaseEstimate` */
export function planEstimate(
  engine: Engine,
  picture: Size,
  options: EstimateOptions,
  builder = estimateBuilder,
): EstimatePlan {
  const { width, height } = picture ?? {};
  const geometry = geometryOfSize(engine, { width, height }, options);
  return { network: geometry.network, ...engine.plan(builder(engine, geometry)) };
}

/**
 * Estimates the depth of a picture, which is read before this returns; but when a lost device has to be made up for
 * first, only pixels in memory are.
 */
export async function estimateDepth(
  life: Lifetime,
  source: ReadyPicture,
  options: EstimateOptions,
  use?: EstimateUse,
): Promise<DepthMap> {
  const { signal } = options;
  const found = life.ready(signal);
  if (!(found instanceof Promise)) return estimateOn(life, found, source, options, use);
  const held = 'data' in source ? copied(source) : source;
  return estimateOn(life, await found, held, options, use);
}

async function estimateOn(
  life: Lifetime,
  engine: Engine,
  source: ReadyPicture,
  options: EstimateOptions,
  given?: EstimateUse,
): Promise<DepthMap> {
  const use = given ?? (needsDoubt(engine.entry, options) ? doubted : usual);
  const geometry = geometryOfSize(engine, pictureSize(source), options);
  const focalLength = options.focalLength ?? focalLengthOf(source);
  const factor = engine.metreFactor(geometry, focalLength);
  const own = new PictureTexture(engine.gpu);
  const turn = engine.runs.take(options.queue);
  try {
    const place: Place = {
      turn,
      own,
      options: focalLength === undefined ? options : { ...options, focalLength },
      factor,
      use,
    };
    if (!turn.wait) return await estimateNow(life, engine, source, geometry, place);
    const kept = keepPicture(engine, own, source);
    const [picture] = await life.guard(engine, Promise.all([kept, turn.wait]), options.signal);
    return await estimateNow(life, engine, picture, geometry, place);
  } finally {
    turn.end();
    own.dispose();
  }
}

/** What a picture that waits for its turn is read into: memory, or a texture where only the GPU can read it. */
async function keepPicture({ gpu }: Engine, own: PictureTexture, source: ReadyPicture): Promise<ReadyPicture> {
  if ('data' in source) return copied(source);
  return scoped(gpu.device, { what: 'the picture', phase: 'image' }, () => own.upload(source));
}

interface Place {
  readonly turn: Turn;
  /** Takes the picture while the program is not compiled. */
  readonly own: PictureTexture;
  readonly options: EstimateOptions;
  /** To metres, of what the network gives. */
  readonly factor: number | undefined;
  readonly use: EstimateUse;
}

async function estimateNow(
  life: Lifetime,
  engine: Engine,
  source: ReadyPicture,
  geometry: Geometry,
  { turn, own, options, factor, use }: Place,
): Promise<DepthMap> {
  const { gpu, entry } = engine;
  const { signal } = options;
  const { width, height } = geometry.out;
  const lease = use.lease(engine, geometry);
  const bytes = 4 * width * height;
  const buffers: Record<string, GPUBuffer> = {};
  let look: Look | undefined;
  let taken: PictureTexture | undefined;
  try {
    const [program, early] = lease.ready
      ? [lease.ready, undefined]
      : await prepare(life, engine, lease, own, source, signal);
    const { executable, values, pictures } = program;
    if (!early) taken = pictures.pop() ?? new PictureTexture(gpu);
    let picture = early;
    const names = OUTPUTS.filter((name) => values[name]);
    // From the upload to the submit nothing is awaited, as the program's buffers serve every call.
    const start = performance.now();
    const work = submit(gpu, { what: 'the depth map', bytes: bytes * names.length, phase: 'run' }, (encoder, cut) => {
      picture ??= (taken as PictureTexture).upload(source);
      look = engine.looks.look(executable);
      look?.begin(encoder);
      writeFactor(gpu.device, encoder, program, factor);
      const last = executable.encode(encoder, { picture }, { cut });
      for (const name of names) {
        const value = values[name] as Value;
        const size = 4 * numel(value.type.shape);
        const made = { label: `${name} map`, size, usage: MAP_USAGE };
        const buffer = (buffers[name] = (use.buffers ?? gpu.device).createBuffer(made));
        last.copyBufferToBuffer(executable.buffer(value), 0, buffer, 0, size);
      }
      use.after?.(engine, last, program, buffers);
      look?.end(last, buffers['depth'] as GPUBuffer, bytes);
    });
    const checked = work.then(() => look?.found());
    turn.during(checked);
    const found = await life.guard(engine, checked, signal);
    executable.noteDuration(performance.now() - start);
    if (found === 'overflow') {
      destroyAll(buffers);
      return await estimateOn(life, await life.inFull(engine, signal), picture as GPUTexture, options, use);
    }
    if (taken) pictures.push(taken);
    taken = undefined;
    if (found) await checkAnswers(life, engine, signal);
    const map = buffers as MapBuffers;
    return newDepthMap(gpu, use.drawings?.(engine, map) ?? engine.drawings, map, {
      ...entry,
      model: entry.name,
      ...geometry.out,
    });
  } catch (error) {
    destroyAll(buffers);
    throw error;
  } finally {
    // After a fault, its texture may be an invalid one.
    taken?.dispose();
    look?.dispose();
    lease.release();
  }
}

function destroyAll(buffers: Readonly<Record<string, GPUBuffer>>): void {
  for (const buffer of Object.values(buffers)) buffer.destroy();
}

/** Asks the network, where a map was flat, whether it answers at all. @throws ModelMismatchError `MODEL_FLAT` */
async function checkAnswers(life: Lifetime, engine: Engine, signal?: AbortSignal): Promise<void> {
  await life.until((await parts.rare()).checkAnswers(life, engine), signal);
}

/** What a picture in memory knows of its camera. */
function focalLengthOf(source: ReadyPicture): number | undefined {
  return 'data' in source ? (source as RawPicture).focalLength : undefined;
}

/** Uploads the picture to a texture of its own at once, as it may change while the program is still compiled. */
async function prepare(
  life: Lifetime,
  engine: Engine,
  lease: Lease,
  own: PictureTexture,
  source: ReadyPicture,
  signal?: AbortSignal,
): Promise<[Program, GPUTexture]> {
  const uploaded = scoped(engine.gpu.device, { what: 'the picture', phase: 'image' }, () => own.upload(source));
  return life.guard(engine, Promise.all([lease.program, uploaded]), signal);
}

/** The same picture in memory of our own. @throws ImageError as `toTexels` */
function copied(source: RawPicture | ImageData): RawPicture {
  const { data, width, height, channels } = checkPixels(source as RawPicture);
  return { data: copyOf(data), width, height, channels, focalLength: focalLengthOf(source) };
}
