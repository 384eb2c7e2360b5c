import { readBuffer } from '../src/gpu/buffers.js';
import type { Gpu } from '../src/gpu/gpu.js';
import { loadDepthModel } from '../src/index.js';
import { byteLength } from '../src/tensor.js';
import { compareStage, type StageError } from '../truth/compare_stage.js';
import type { FixtureRecord } from '../truth/recordings.js';
import { seededCheckpoint, seededInput, type SeededEntry } from '../truth/seeded_weights.js';
import { Clock, recordOf } from './clock.js';
import type { Accuracy, ModelResult, Protocol } from './document.js';
import { measure } from './measure.js';
import { Network } from './network.js';
import { summarizeSamples } from './statistics.js';

/** Recordings of the published code, wherever they are kept. */
export interface ModelFiles {
  fixtures(): Promise<Readonly<Record<string, FixtureRecord>>>;
  tensors(checkpoint: string): Promise<SeededEntry[]>;
  recorded(fixture: string): Promise<ReadonlyMap<string, Float32Array>>;
}

/** One model at one size. */
export interface ModelCase {
  readonly name: string;
  readonly checkpoint: string;
  readonly width: number;
  readonly height: number;
  readonly half: boolean;
  /** GFLOP of one run, to one digit, from the published counts; decides what is left out. */
  readonly gflop: number;
}

/** What a model run needs besides the model. */
export interface ModelContext {
  readonly protocol: Protocol;
  /** A device that has seen no pipeline. */
  readonly requestGpu: () => Promise<Gpu>;
  readonly files: ModelFiles;
}

const SIZES = [
  { name: 'midas-v2.1-small', checkpoint: 'midas-v2.1-small', side: 256, gflop: 9 },
  { name: 'depth-anything-v2-small', checkpoint: 'depth-anything-small', side: 252, gflop: 20 },
  { name: 'depth-anything-v2-small', checkpoint: 'depth-anything-small', side: 518, gflop: 115 },
  { name: 'depth-anything-v2-base', checkpoint: 'depth-anything-base', side: 518, gflop: 380 },
  { name: 'depth-anything-v2-large', checkpoint: 'depth-anything-large', side: 518, gflop: 1300 },
] as const;

/** The published models at their own sizes, and Depth Anything small at a size that a CPU finishes. */
export function modelCases(f16: boolean): ModelCase[] {
  return SIZES.flatMap(({ side, ...model }) =>
    (f16 ? [false, true] : [false]).map((half) => ({ ...model, width: side, height: side, half })),
  );
}

export function modelId({ name, width, height, half }: ModelCase): string {
  return `${name} ${width}×${height} ${half ? 'f16' : 'f32'}`;
}

/** Bounds on the final map over its range, as the model tests have them. */
const BOUNDS = { f32: { max: 2e-5, mean: 2e-6 }, f16: { max: 2e-2, mean: 2e-3 } } as const;

/** Loads, checks and times one model with seeded weights, on devices of its own. */
export async function benchModel(context: ModelContext, model: ModelCase): Promise<ModelResult> {
  const tensors = await context.files.tensors(model.checkpoint);
  const bytes = seededCheckpoint(tensors);
  const loadMs = await timeLoad(context, model, bytes);
  const gpu = await context.requestGpu();
  const clock = new Clock(gpu.device);
  const network = await Network.open(gpu, model.name, model.half ? 'f16' : 'f32', bytes);
  try {
    const compiled = await network.compile(model.height, model.width);
    const uploadMs = await network.upload();
    const executable = await network.executable(
      model.height,
      model.width,
      seededInput(model.name, model.height, model.width),
    );
    const record = recordOf(executable.run);
    const { wallMs: firstMs } = await clock.run(record);
    const encodes: number[] = [];
    const passes: number[] = [];
    const sample = async () => {
      const { encodeMs, wallMs, gpuMs } = await clock.run(record);
      encodes.push(encodeMs);
      if (gpuMs !== undefined) passes.push(gpuMs);
      return wallMs;
    };
    const [measured] = await measure([{ sample }], context.protocol);
    const { ms: steadyMs, stable } = measured as NonNullable<typeof measured>;
    const plan = executable.run.plan;
    const memory = { weights: network.store.bytes, activations: plan.bytes, lowerBound: plan.lowerBound };
    executable.run.dispose();
    return {
      id: modelId(model),
      model: model.name,
      width: model.width,
      height: model.height,
      dtype: model.half ? 'f16' : 'f32',
      flops: executable.flops,
      loadMs,
      ...compiled,
      uploadMs,
      firstMs,
      steadyMs,
      stable,
      ...(passes.length > 0 ? { gpuMs: summarizeSamples(passes.slice(-steadyMs.n)) } : {}),
      encodeMs: summarizeSamples(encodes.slice(-steadyMs.n)),
      dispatches: executable.run.dispatches,
      memory,
      ...(await checkModel(context.files, model, network)),
    };
  } finally {
    clock.dispose();
    network.store.dispose();
    gpu.dispose();
  }
}

async function timeLoad({ requestGpu }: ModelContext, { name, half }: ModelCase, bytes: Uint8Array): Promise<number> {
  const gpu = await requestGpu();
  try {
    const start = performance.now();
    const loaded = await loadDepthModel(bytes, {
      device: gpu.device,
      model: name,
      precision: half ? 'f16' : 'f32',
      cache: false,
      acceptLicense: true,
    });
    await gpu.device.queue.onSubmittedWorkDone();
    const elapsed = performance.now() - start;
    loaded.dispose();
    return elapsed;
  } finally {
    gpu.dispose();
  }
}

/** Runs the recorded fixture of this very size, or of the smallest size there is, and compares the final maps. */
export async function checkModel(
  files: ModelFiles,
  { name, width, height, half }: Omit<ModelCase, 'gflop'>,
  network: Network,
): Promise<Accuracy> {
  const all = Object.entries(await files.fixtures()).filter(([, fixture]) => fixture.model === name);
  const [found] = all.sort(
    ([, a], [, b]) =>
      Number(b.width === width && b.height === height) - Number(a.width === width && a.height === height) ||
      a.width * a.height - b.width * b.height,
  );
  if (!found) throw new Error(`There is no recording of ${name}.`);
  const [id, fixture] = found;
  const { run, output } = await network.executable(
    fixture.height,
    fixture.width,
    seededInput(fixture.input, fixture.height, fixture.width),
  );
  const { device } = network.gpu;
  const encoder = device.createCommandEncoder();
  run.encode(encoder);
  device.queue.submit([encoder.finish()]);
  const map = new Float32Array(await readBuffer(device, run.buffer(output), byteLength(output.type))).subarray(
    0,
    fixture.width * fixture.height,
  );
  network.gpu.check('run');
  run.dispose();
  const record = fixture.stages['output'] as FixtureRecord['stages'][string];
  const samples = (await files.recorded(id)).get('output') as Float32Array;
  return accuracyOf(
    compareStage('output', record, samples, map, [fixture.height, fixture.width]),
    record.max - record.min,
    half,
    id,
  );
}

function accuracyOf({ max, mean }: StageError, range: number, half: boolean, fixture: string): Accuracy {
  const bounds = BOUNDS[half ? 'f16' : 'f32'];
  const gateRatio = Math.max(max / bounds.max, mean / bounds.mean);
  return { maxAbsErr: max * range, maxRelErr: max, gateRatio, checked: `recording ${fixture}`, ok: gateRatio <= 1 };
}
