import { Graph, type Node } from '../../src/graph/graph.js';
import { originalNames } from '../../src/models/identify.js';
import { codeOf } from '../../src/models/registry.js';
import { entryByName } from '../../src/models/resolve.js';
import { pastInputs } from '../../src/runtime/clip_frame.js';
import { OTHERS } from '../../src/runtime/video_memory.js';
import type { TensorEntry } from '../../src/weights/format/tensor_table.js';
import { Weights } from '../../src/weights/weights.js';
import type { SeededEntry } from '../../truth/seeded_weights.js';

/** A published network at the size of its input, in pixels. */
export interface NetworkCase {
  readonly model: string;
  /** Its tensors, by name under test/fixtures/models. */
  readonly checkpoint: string;
  readonly width: number;
  readonly height: number;
}

const square = (side: number, model: string, checkpoint = model): NetworkCase => ({
  model,
  checkpoint,
  width: side,
  height: side,
});

/** One model of each encoder and size, but for those whose networks are that of another. */
export const NETWORKS: readonly NetworkCase[] = [
  square(518, 'depth-anything-v2-small', 'depth-anything-small'),
  square(518, 'depth-anything-v2-base', 'depth-anything-base'),
  square(518, 'depth-anything-v2-large', 'depth-anything-large'),
  square(256, 'midas-v2.1-small'),
  square(384, 'midas-v2.1-large'),
  square(518, 'video-depth-anything-small'),
  square(504, 'depth-anything-3-small'),
  square(504, 'depth-anything-3-base'),
  square(504, 'depth-anything-3-mono-large'),
  { model: 'zoedepth-n', checkpoint: 'zoedepth-n', width: 512, height: 384 },
  square(512, 'dpt-beit-large-512'),
  square(384, 'dpt-beit-base-384'),
  square(384, 'dpt-large'),
  square(384, 'dpt-hybrid'),
  square(384, 'dpt-swin2-large-384'),
  square(256, 'dpt-swin2-tiny-256'),
  square(384, 'dpt-swin-large-384'),
  square(384, 'dpt-next-vit-large-384'),
  square(224, 'dpt-levit-224'),
];

/** Nodes of a network, from the shapes of its weights alone: the values are not there. */
export async function networkNodes(
  { model, width, height }: NetworkCase,
  tensors: readonly SeededEntry[],
  storage: 'f32' | 'f16',
): Promise<readonly Node[]> {
  const entry = entryByName(model);
  const code = await codeOf(entry);
  const table = {
    tensors: new Map(tensors.map(({ name, shape }): [string, TensorEntry] => [name, { name, dtype: 'F32', shape }])),
    metadata: new Map<string, string>(),
  };
  const weights = Weights.from(table, model, originalNames(table, model, code));
  const graph = new Graph(storage);
  const image = graph.input('image', { dtype: 'f32', shape: [height, width, 4] });
  let attentions = 0;
  code.network(entry)(image, weights, {
    convention: 'original',
    // A frame of a stream, of a network along time.
    remember: entry.temporal && ((rows, along) => pastInputs(rows, along, OTHERS, attentions++)),
  });
  return graph.nodes;
}
