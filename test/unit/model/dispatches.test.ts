import { describe, expect, it } from 'vitest';
import { frameGraph, type FrameOptions } from './frame_graph.js';

/** Dispatches of a frame from the picture's texture to the map at the picture's size: preprocessing, network, resize. */
const GATES: readonly (readonly [model: string, checkpoint: string, most: number])[] = [
  ['depth-anything-v2-small', 'depth-anything-small', 120],
  ['depth-anything-v2-small', 'depth-anything-small-hub', 120],
  ['depth-anything-v1-small', 'depth-anything-small', 120],
  ['depth-anything-v2-metric-indoor-small', 'depth-anything-small', 120],
  ['depth-anything-v2-base', 'depth-anything-base', 120],
  ['midas-v2.1-small', 'midas-v2.1-small', 110],
];

const VARIANTS: readonly FrameOptions[] = [{}, { storage: 'f16' }, { convention: 'hub' }, { inputSize: 252 }, { picture: { width: 300, height: 900 } }];

describe('dispatches of a frame', () => {
  it.each(GATES)('%s (%s): at most %i', (model, checkpoint, most) => {
    const counts = VARIANTS.map((options) => frameGraph(model, checkpoint, options).graph.nodes.length);
    console.log(`${model} (${checkpoint}): ${counts.join(', ')} dispatches a frame`);
    for (const count of counts) expect(count).toBeLessThanOrEqual(most);
    expect(Math.min(...counts)).toBeGreaterThan(40);
  });

  it('count preprocessing and resize', () => {
    const { graph } = frameGraph('midas-v2.1-small', 'midas-v2.1-small');
    expect(graph.nodes[0]!.label).toBe('preprocess');
    expect(graph.nodes.at(-1)!.label).toBe('resize');
  });
});
