import { describe, expect, it } from 'vitest';
import { entryByName } from '../../../src/models/resolve.js';
import { frameGraph, type FrameOptions } from './frame_graph.js';

/**
 * Dispatches of a frame from the picture's texture to the map at the picture's size: preprocessing, network, resize.
 */
const GATES: readonly (readonly [model: string, checkpoint: string, most: number])[] = [
  ['depth-anything-v2-small', 'depth-anything-small', 94],
  ['depth-anything-v2-small', 'depth-anything-small-hub', 94],
  ['depth-anything-v1-small', 'depth-anything-small', 94],
  ['depth-anything-v2-metric-indoor-small', 'depth-anything-small', 94],
  ['depth-anything-v2-base', 'depth-anything-base', 94],
  ['depth-anything-v2-large', 'depth-anything-large', 154],
  ['dpt-large', 'dpt-large', 162],
  ['dpt-beit-base-384', 'dpt-beit-base-384', 102],
  ['dpt-beit-large-512', 'dpt-beit-large-512', 162],
  ['dpt-hybrid', 'dpt-hybrid', 199],
  ['zoedepth-n', 'zoedepth-n', 199],
  ['zoedepth-nk', 'zoedepth-nk', 248],
  ['dpt-swin2-tiny-256', 'dpt-swin2-tiny-256', 129],
  ['dpt-levit-224', 'dpt-levit-224', 83],
  ['dpt-next-vit-large-384', 'dpt-next-vit-large-384', 256],
  ['midas-v2.1-small', 'midas-v2.1-small', 90],
];

const OPTIONS: readonly FrameOptions[] = [
  {},
  { storage: 'f16' },
  { inputSize: 252 },
  { picture: { width: 300, height: 900 } },
];

describe('dispatches of a frame', () => {
  it.each(GATES)('%s (%s): at most %i', (model, checkpoint, most) => {
    const dispatches = (options: FrameOptions) => frameGraph(model, checkpoint, options).graph.nodes.length;
    const { fixed } = entryByName(model).input;
    const counts = OPTIONS.filter(({ inputSize }) => !fixed || inputSize === undefined).map(dispatches);
    console.log(`${model} (${checkpoint}): ${counts.join(', ')} dispatches a frame`);
    for (const count of counts) expect(count).toBeLessThanOrEqual(most);
    // The hub resizes rows and columns of the picture in two passes.
    expect(dispatches({ convention: 'hub' })).toBeLessThanOrEqual(most + 1);
    expect(Math.min(...counts)).toBeGreaterThan(40);
  });

  it('count preprocessing and resize', () => {
    const { graph } = frameGraph('midas-v2.1-small', 'midas-v2.1-small');
    expect(graph.nodes[0]!.label).toBe('preprocess');
    expect(graph.nodes.at(-1)!.label).toBe('resize');
  });
});
