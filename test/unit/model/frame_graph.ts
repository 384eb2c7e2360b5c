import { pictureToDepth, type Geometry } from '../../../src/runtime/estimate.js';
import { preprocess } from '../../../src/image/preprocess.js';
import { preprocessHub } from '../../../src/image/preprocess_hub.js';
import { Graph, type Value } from '../../../src/graph/graph.js';
import { firstSize, networkSize } from '../../../src/image/size.js';
import { originalNames } from '../../../src/models/identify.js';
import { codeOf, registry } from '../../../src/models/registry.js';
import { findEntry } from '../../../src/models/resolve.js';
import type { TensorEntry, TensorTable } from '../../../src/weights/format/tensor_table.js';
import { Weights } from '../../../src/weights/weights.js';
import { checkpointTensors } from '../../models/fixtures.js';

const codes = new Map(await Promise.all(registry.map(async (entry) => [entry.name, await codeOf(entry)] as const)));

export interface FrameOptions {
  readonly storage?: 'f32' | 'f16';
  readonly convention?: 'original' | 'hub';
  readonly inputSize?: number;
  readonly picture?: { readonly width: number; readonly height: number };
  readonly size?: 'picture' | 'network';
}

/**
 * The graph of one frame, from the picture's texture to the depth map, of a published model whose values are not there.
 */
export function frameGraph(
  model: string,
  checkpoint: string,
  {
    storage = 'f32',
    convention = 'original',
    inputSize,
    picture = { width: 640, height: 480 },
    size = 'picture',
  }: FrameOptions = {},
): { graph: Graph; depth: Value; geometry: Geometry } {
  const header = headerOf(checkpoint);
  const entry = findEntry(model)!;
  const code = codes.get(entry.name)!;
  const weights = Weights.from(header, checkpoint, originalNames(header, checkpoint, code));
  const build = code.network(entry);
  const sizes = inputSize === undefined ? {} : { inputSize };
  const network = networkSize(entry.input, picture.width, picture.height, sizes);
  const between = firstSize(entry.input, picture.width, picture.height, sizes);
  const geometry = { picture, network, between, out: size === 'network' ? network : picture };
  const graph = new Graph(storage);
  const engine = {
    entry,
    convention,
    preprocess: code.preprocess ?? (convention === 'hub' ? preprocessHub : preprocess),
    network: (image: Value) => build(image, weights, { convention }),
    metres: (depth: Value) => depth,
  };
  return { graph, depth: pictureToDepth(engine, graph, geometry), geometry };
}

function headerOf(checkpoint: string): TensorTable {
  const tensors = checkpointTensors(checkpoint).map(({ name, shape }): [string, TensorEntry] => [
    name,
    { name, dtype: 'F32', shape },
  ]);
  return { tensors: new Map(tensors), metadata: new Map() };
}
