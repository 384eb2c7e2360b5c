import { describe, expect, it } from 'vitest';
import { Graph, type Node, type Value } from '../../../src/graph/graph.js';
import { preprocess } from '../../../src/image/preprocess.js';
import { originalNames } from '../../../src/models/identify.js';
import { codeOf } from '../../../src/models/registry.js';
import { entryByName } from '../../../src/models/resolve.js';
import { clipFrame } from '../../../src/runtime/clip_frame.js';
import type { Engine } from '../../../src/runtime/engine.js';
import { WINDOW } from '../../../src/runtime/window_frames.js';
import { cutStages, stageGraph } from '../../../src/runtime/window_stages.js';
import { byteLength } from '../../../src/tensor.js';
import { Weights } from '../../../src/weights/weights.js';
import { videoHeader } from '../models/video_header.js';

const entry = entryByName('video-depth-anything-small');
const code = await codeOf(entry);
const weights = Weights.from(videoHeader(), 'f', originalNames(videoHeader(), 'f', code));

/** The graph of a frame of a side in a window, and its stages. */
function frameOf(side: number, storage: 'f32' | 'f16') {
  const graph = new Graph(storage);
  const size = { width: side, height: side };
  const engine = {
    entry,
    convention: 'original',
    preprocess,
    network: (picture: Value, remember) => code.network(entry)(picture, weights, { convention: 'original', remember }),
    metres: (depth: Value) => depth,
  } as Pick<Engine, 'entry' | 'convention' | 'preprocess' | 'network' | 'metres'> as Engine;
  const geometry = { picture: size, network: size, out: size };
  const { maps, attentions } = clipFrame(engine, graph, geometry, WINDOW);
  return { graph, attentions, stages: cutStages(graph, attentions, Object.values(maps)) };
}

describe('the stages of a frame in a window', () => {
  const { graph, attentions, stages } = frameOf(56, 'f32');
  const stageOf = new Map<Node, number>(stages.flatMap(({ nodes }, k) => nodes.map((node) => [node, k] as const)));

  it('hold every dispatch once, after what it reads', () => {
    expect(stages.flatMap(({ nodes }) => nodes).length).toBe(graph.nodes.length);
    expect(stageOf.size).toBe(graph.nodes.length);
    for (const node of graph.nodes)
      for (const { origin } of Object.values(node.inputs))
        if (origin.kind === 'node') expect(stageOf.get(origin.node)).toBeLessThanOrEqual(stageOf.get(node)!);
  });

  it('are seven: attention waits until the stage before has made the rows of all frames', () => {
    expect(stages.map((stage) => stage.attentions)).toEqual([[], [2], [3], [0, 4], [1, 5], [6], [7]]);
    for (const { rows, past } of attentions) {
      const reader = graph.nodes.find(({ inputs }) => inputs['past']?.id === past.id)!;
      const maker = rows.origin.kind === 'node' ? rows.origin.node : undefined;
      expect(stageOf.get(maker!)).toBeLessThan(stageOf.get(reader)!);
    }
  });

  it('are graphs of their own that make what later ones take', () => {
    for (const [k, stage] of stages.entries()) {
      const own = new Graph('f32');
      const counterpart = stageGraph(stage, graph, own);
      expect(own.nodes.map(({ op, label }) => `${label} ${op.name}`)).toEqual(
        stage.nodes.map(({ op, label }) => `${label} ${op.name}`),
      );
      for (const value of stage.takes) {
        expect(counterpart(value).origin.kind).toBe('input');
        expect(stages.slice(0, k).some(({ leaves }) => leaves.some(({ id }) => id === value.id))).toBe(true);
      }
      for (const value of stage.leaves) expect(counterpart(value).type).toEqual(value.type);
      for (const key of own.constants.keys()) expect(graph.constants.has(key)).toBe(true);
    }
  });

  it.each([
    [252, 'f16', 113],
    [252, 'f32', 175],
    [518, 'f16', 478],
    [518, 'f32', 745],
  ] as const)('keep of a window at a side of %d in %s at most %d MB', (side, storage, most) => {
    const left = frameOf(side, storage).stages.flatMap(({ leaves }) => leaves);
    const bytes = left.reduce((sum, { type }) => sum + WINDOW * byteLength(type), 0);
    console.log(`a window at ${side}×${side} in ${storage}: ${bytes} bytes`);
    expect(bytes).toBeLessThanOrEqual(most * 1e6);
  });
});
