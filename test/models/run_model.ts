import { readBuffer } from '../../src/gpu/buffers.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { Executable } from '../../src/graph/executor.js';
import { Graph, type Node, type Value } from '../../src/graph/graph.js';
import { depthAnything } from '../../src/models/families/depth_anything.js';
import { depthAnything3 } from '../../src/models/families/depth_anything_3.js';
import { originalNames } from '../../src/models/identify.js';
import type { DepthAnythingEntry } from '../../src/models/networks/depth_anything_hub.js';
import type { DepthAnything3Entry } from '../../src/models/networks/depth_anything_3.js';
import { families } from '../../src/models/families/index.js';
import type { FamilyCode, Outputs } from '../../src/models/family.js';
import { registry } from '../../src/models/registry.js';
import { byteLength, numel } from '../../src/tensor.js';
import { ConstantStore } from '../../src/weights/constant_store.js';
import { decode } from '../../src/weights/format/decode.js';
import { parseHeader } from '../../src/weights/format/safetensors.js';
import { Weights } from '../../src/weights/weights.js';
import { seededCheckpoint, seededInput } from '../../truth/seeded_weights.js';
import type { FixtureRecord } from '../../truth/recordings.js';
import { checkpointTensors, withoutHub } from './fixtures.js';

/** Depth Anything 3 mono with the small encoder, which nobody published. */
const MONO_SMALL = 'depth-anything-3-mono-small';

/** The code of each family, by its id. */
const codes = new Map(await Promise.all(families.map(async (family) => [family.id, await family.code()] as const)));

/** The family code of a fixture. */
function codeOf({ model }: FixtureRecord): FamilyCode {
  const third = model.startsWith(depthAnything3.id) ? depthAnything3.id : depthAnything.id;
  return codes.get(registry.find(({ name }) => name === withoutHub(model))?.family ?? third) as FamilyCode;
}

/** Builds a fixture's network on a normalised picture. */
export function buildModel(fixture: FixtureRecord, image: Value, weights: Weights): Outputs {
  const { model } = fixture;
  const context = { convention: model.endsWith('hub') ? 'hub' : 'original' } as const;
  const named = registry.find(({ name, family }) => name === withoutHub(model) && family !== depthAnything.id);
  if (named) return codeOf(fixture).network(named)(image, weights, context);
  if (model === MONO_SMALL) {
    const large = depthAnything3.entries.find(({ name }) => name === 'depth-anything-3-mono-large')!;
    const small: DepthAnything3Entry = { ...large, heads: 6, taps: fixture.taps! };
    return codeOf(fixture).network(small)(image, weights, context);
  }
  const size = (['small', 'base', 'large'] as const).find((name) => model.includes(name)) ?? 'small';
  const version = model.includes('-v1-') ? 1 : 2;
  const maxDepth = model.includes('metric') ? 20 : undefined;
  const entry = depthAnything.entries.find(
    (each) => each.size === size && each.version === version && each.maxDepth === maxDepth,
  )!;
  const taps = model.endsWith('early') ? entry.taps.map((tap, i) => (i < 3 ? tap - 1 : tap)) : entry.taps;
  const variant: DepthAnythingEntry = { ...entry, taps };
  return codeOf(fixture).network(variant)(image, weights, context);
}

/** [1,3,H,W] → [H,W,4] with a zero fourth channel. */
export function imageFromTensor(tensor: Float32Array, H: number, W: number): Float32Array<ArrayBuffer> {
  const image = new Float32Array(H * W * 4);
  for (let c = 0; c < 3; c++) for (let i = 0; i < H * W; i++) image[i * 4 + c] = tensor[c * H * W + i] as number;
  return image;
}

/**
 * The value a stage of the fixture names: the first output of the last node at or under a label; for a tap, its norm;
 * for a map of an encoder, what the decoder reads.
 */
export function stageValue(graph: Graph, stage: string, taps: readonly number[]): Value | undefined {
  if (/^layer\d$/.test(stage)) return graph.nodes.find((n) => n.label === `${stage}_rn`)?.inputs['x'];
  const label = stageLabel(stage, taps);
  if (label === undefined) return undefined;
  const nodes = graph.nodes.filter(
    (n) =>
      (n.label === label || n.label.startsWith(`${label}.`)) &&
      (stage !== 'head_conv1' || /^(?:upsampled_conv|conv2d)$/.test(n.op.name)) &&
      (!stage.startsWith('block') || !/^(?:layer|pair)_norm$/.test(n.op.name)),
  );
  const outputs = nodes.at(stage === 'head_conv1' ? 0 : -1)?.outputs;
  if (!outputs) throw new Error(`no node at "${label}" for stage ${stage}`);
  return stage.startsWith('tap') ? (outputs['tap'] ?? outputs['y']) : Object.values(outputs)[0];
}

/**
 * Stages that a run never stores: the last projection is part of the head's first convolution, and `head_conv1` is
 * compared; the head ends in one kernel.
 */
export const NEVER_STORED: readonly string[] = ['path1', 'head_conv2'];

function stageLabel(stage: string, taps: readonly number[]): string | undefined {
  const index = Number(/\d+/.exec(stage)?.[0]);
  if (stage === 'tokens') return 'pretrained.patch_embed';
  if (stage.startsWith('block')) return `pretrained.blocks.${index}`;
  if (stage.startsWith('tap')) return `pretrained.blocks.${taps[index - 1]}`;
  if (stage.startsWith('motion')) return `motion_modules.${index}`;
  if (stage.startsWith('reassembled')) return `reassemble.${index - 1}`;
  if (stage.endsWith('_rn')) return stage;
  if (stage.includes('bins')) return stage.includes('.') ? stage : `metric.${stage}`;
  if (NEVER_STORED.includes(stage)) return undefined;
  return stage.startsWith('path') ? `refinenet${index}` : 'head';
}

/** An inner value of a run. */
export interface StageValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a run of a fixture gave. */
export interface ModelRun {
  readonly stages: Map<string, StageValues>;
  readonly dispatches: number;
  readonly pipelines: number;
}

/** A mistake put into a run, to see that the comparison notices. */
export interface Mutation {
  /** Changes which model is built; the recorded stages stay. */
  readonly record?: (fixture: FixtureRecord) => FixtureRecord;
  readonly graph?: (graph: Graph) => void;
  /** Reorders the tensors of the file that a fused tensor is joined from. */
  readonly sources?: (names: readonly string[]) => readonly string[];
  readonly image?: (image: Float32Array) => void;
  /** The stage that a run ends in, where the mistake is to be seen by then. */
  readonly until?: string;
}

/** Runs a fixture's model with its seeded weights and reads the stages it records. */
export async function runFixture(
  gpu: Gpu,
  fixture: FixtureRecord,
  storage: 'f32' | 'f16',
  mutation: Mutation = {},
  kernel: (node: Node) => string | undefined = () => undefined,
): Promise<ModelRun> {
  const { width: W, height: H } = fixture;
  const bytes = seededCheckpoint(checkpointTensors(fixture.checkpoint));
  const header = parseHeader(bytes, bytes.length, fixture.checkpoint);
  const names = originalNames(header, fixture.checkpoint, codeOf(fixture));
  const reorder = mutation.sources ?? ((sources) => sources);
  const weights = Weights.from(
    header,
    fixture.checkpoint,
    new Map([...names].map(([name, sources]) => [name, reorder(sources)])),
  );
  const graph = new Graph(storage);
  const image = graph.input('image', { dtype: 'f32', shape: [H, W, 4] });
  // All of them, those too that are made when they are read.
  const outputs = { ...buildModel(mutation.record?.(fixture) ?? fixture, image, weights) };
  mutation.graph?.(graph);
  const ends: Readonly<Record<string, Value | undefined>> = {
    ...outputs,
    // As it is published, from 1 on.
    confidence: inputOf(outputs.confidence),
    output: outputs.depth,
    depth: undefined,
  };
  const named = Object.keys(fixture.stages).map(
    (stage) => [stage, ends[stage] ?? stageValue(graph, stage, fixture.taps ?? [])] as const,
  );
  const values = mutation.until ? cutAfter(graph, named, mutation.until) : named;
  const store = new ConstantStore(gpu, fixture.checkpoint);
  await store.declare(graph);
  for (const entry of header.tensors.values()) {
    if (store.wants(entry.name))
      store.deliver(
        entry.name,
        decode(entry, bytes.subarray(header.dataOffset + entry.begin, header.dataOffset + entry.end)),
      );
  }
  const keep = values.flatMap(([, value]) => value ?? []);
  const executable = await Executable.compile(graph, gpu, { constants: (key) => store.buffer(key), keep, kernel });
  const { device } = gpu;
  try {
    const pixels = imageFromTensor(seededInput(fixture.input, H, W), H, W);
    mutation.image?.(pixels);
    device.queue.writeBuffer(executable.buffer(image), 0, pixels);
    const encoder = device.createCommandEncoder();
    executable.encode(encoder);
    device.queue.submit([encoder.finish()]);
    const stages: ModelRun['stages'] = new Map();
    for (const [stage, value] of values) {
      if (value) stages.set(stage, await readStage(device, executable.buffer(value), value, stage));
    }
    gpu.check('run');
    return { stages, dispatches: executable.dispatches, pipelines: gpu.pipelines.size };
  } finally {
    executable.dispose();
    store.dispose();
  }
}

/** What the node of a value has for `x`. */
function inputOf(value: Value | undefined): Value | undefined {
  return value?.origin.kind === 'node' ? value.origin.node.inputs['x'] : undefined;
}

/** The stages up to one of them, with the nodes that they need. */
function cutAfter<Stage extends readonly [string, Value | undefined]>(
  graph: Graph,
  stages: readonly Stage[],
  last: string,
): readonly Stage[] {
  const kept = stages.slice(0, stages.findIndex(([stage]) => stage === last) + 1);
  const ends = kept.map(([, value]) => (value?.origin.kind === 'node' ? value.origin.node.index : 0));
  graph.nodes.length = Math.max(...ends) + 1;
  return kept;
}

/**
 * Reads a value back; taps are recorded without their class token, which here is the first row, and the field of view
 * without the two zeros behind it.
 */
async function readStage(device: GPUDevice, buffer: GPUBuffer, { type }: Value, stage: string): Promise<StageValues> {
  const bytes = new Uint8Array(await readBuffer(device, buffer, byteLength(type)));
  const half = type.dtype === 'f16';
  const values = decode(
    { name: 'value', dtype: half ? 'F16' : 'F32' },
    bytes.subarray(0, numel(type.shape) * (half ? 2 : 4)),
  );
  if (stage === 'fieldOfView') return { shape: [2], values: values.subarray(0, 2) };
  if (!stage.startsWith('tap')) return { shape: type.shape, values };
  const [T, C] = type.shape as [number, number];
  return { shape: [T - 1, C], values: values.subarray(C) };
}
