import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pictureToDepth } from '../../../src/runtime/estimate.js';
import { preprocess } from '../../../src/image/preprocess.js';
import { Graph, type Value } from '../../../src/graph/graph.js';
import { planSlots } from '../../../src/graph/plan.js';
import { networkSize } from '../../../src/image/size.js';
import { codeOf } from '../../../src/models/registry.js';
import { entryByName } from '../../../src/models/resolve.js';
import { parseHeader } from '../../../src/weights/format/safetensors.js';
import { Weights } from '../../../src/weights/weights.js';
import { frameGraph, type FrameOptions } from '../model/frame_graph.js';
import { planFaults } from './plan_faults.js';

/** Published models whose graphs differ, by the checkpoint that has their tensors. */
const MODELS = [
  ['depth-anything-v2-small', 'depth-anything-small'],
  ['depth-anything-v1-small', 'depth-anything-small'],
  ['depth-anything-v2-base', 'depth-anything-base'],
  ['depth-anything-v2-large', 'depth-anything-large'],
  ['dpt-swin2-tiny-256', 'dpt-swin2-tiny-256'],
  ['dpt-levit-224', 'dpt-levit-224'],
  ['dpt-next-vit-large-384', 'dpt-next-vit-large-384'],
  ['midas-v2.1-small', 'midas-v2.1-small'],
] as const;

/** Their last fusion block and their MLP want slots of nearly one size, for which no better packing is found. */
const TIGHT = [
  ['dpt-large', 'dpt-large'],
  ['dpt-beit-base-384', 'dpt-beit-base-384'],
  ['depth-anything-3-mono-large', 'depth-anything-3-mono-large'],
] as const;

const FRAMES: readonly FrameOptions[] = [
  { picture: { width: 518, height: 518 } },
  { picture: { width: 640, height: 480 } },
  { picture: { width: 480, height: 320 }, inputSize: 252 },
  { picture: { width: 1036, height: 1036 }, inputSize: 1036 },
];

const CASES = MODELS.flatMap(([model, checkpoint]) =>
  FRAMES.filter(({ inputSize }) => !inputSize || !entryByName(model).input.fixed).flatMap((frame) =>
    (['f32', 'f16'] as const).map((storage) => [model, checkpoint, { ...frame, storage }] as const),
  ),
);

describe('activation memory of a frame', () => {
  it.each(CASES)(
    '%s (%s) %o: at most 1.3 times what is alive at once, in ranges that WebGPU allows',
    (model, checkpoint, options) => {
      const { graph, depth } = frameGraph(model, checkpoint, options);
      const plan = planSlots(graph, [depth]);
      expect(plan.bytes / plan.lowerBound).toBeLessThanOrEqual(1.3);
      if (options.inputSize === 252) expect(planFaults(graph, [depth], plan)).toEqual([]);
    },
  );

  it.each(TIGHT)('%s (%s): at most 1.31 times, at its own size', (model, checkpoint) => {
    const { width, height } = entryByName(model).input;
    for (const storage of ['f32', 'f16'] as const) {
      const { graph, depth } = frameGraph(model, checkpoint, { picture: { width, height }, storage });
      const plan = planSlots(graph, [depth]);
      expect(plan.bytes / plan.lowerBound, storage).toBeLessThanOrEqual(1.31);
      expect(planFaults(graph, [depth], plan)).toEqual([]);
    }
  });

  it.each(['f32', 'f16'] as const)('of the model that is shipped, in %s: the same', async (storage) => {
    const file = readFileSync(new URL('../../../models/nano.safetensors', import.meta.url));
    const header = parseHeader(file, file.length, 'nano');
    const weights = Weights.from(header, 'nano');
    const entry = entryByName('nano');
    const build = (await codeOf(entry)).network(entry);
    const convention = 'original' as const;
    const network = (image: Value) => build(image, weights, { convention });
    const engine = { entry, convention, preprocess, network, metres: (depth: Value) => depth };
    for (const picture of [
      { width: 640, height: 480 },
      { width: 256, height: 256 },
      { width: 480, height: 1080 },
    ]) {
      const graph = new Graph(storage);
      const depth = pictureToDepth(engine, graph, {
        picture,
        network: networkSize(entry.input, picture.width, picture.height, {}),
        out: picture,
      });
      const plan = planSlots(graph, [depth]);
      expect(planFaults(graph, [depth], plan)).toEqual([]);
      expect(plan.bytes / plan.lowerBound).toBeLessThanOrEqual(1.3);
    }
  });

  it('of Depth Anything large at 518 fits buffers of 128 MiB', () => {
    const { graph, depth } = frameGraph('depth-anything-v2-large', 'depth-anything-large', FRAMES[0]);
    const plan = planSlots(graph, [depth], { maxBufferSize: 2 ** 27 });
    expect(planFaults(graph, [depth], plan, 2 ** 27)).toEqual([]);
    expect(plan.bytes / plan.lowerBound).toBeLessThanOrEqual(1.3);
  });
});
