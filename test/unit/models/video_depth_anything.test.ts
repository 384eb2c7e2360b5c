import { describe, expect, it } from 'vitest';
import { Graph, typesOf, type Value } from '../../../src/graph/graph.js';
import { identify, originalNames } from '../../../src/models/identify.js';
import { codeOf } from '../../../src/models/registry.js';
import { entryByName } from '../../../src/models/resolve.js';
import { resolveFile } from '../../../src/models/resolve_file.js';
import type { Remember } from '../../../src/models/family.js';
import { pastInputs } from '../../../src/runtime/clip_frame.js';
import { OTHERS } from '../../../src/runtime/video_memory.js';
import { byteLength } from '../../../src/tensor.js';
import { Weights } from '../../../src/weights/weights.js';
import { faultOfAsync } from '../weights/safetensors_file.js';
import { frameGraph } from '../model/frame_graph.js';
import { videoHeader } from './video_header.js';

const NAMES = ['video-depth-anything-small', 'metric-video-depth-anything-small'] as const;
const none = async () => undefined;

/** A frame of a side in a stream: its graph, what it leaves in each attention, and what there is of others there. */
async function streamed(side: number, storage: 'f32' | 'f16') {
  const entry = entryByName(NAMES[0]);
  const code = await codeOf(entry);
  const graph = new Graph(storage);
  const found: Record<'rows' | 'past' | 'frames' | 'query', Value>[] = [];
  const remember: Remember = (rows, along) => {
    found.push({ rows, ...pastInputs(rows, along, OTHERS, found.length) });
    return found.at(-1)!;
  };
  const weights = Weights.from(videoHeader(), 'f', originalNames(videoHeader(), 'f', code));
  code.network(entry)(graph.input('image', { dtype: 'f32', shape: [side, side, 4] }), weights, {
    convention: 'original',
    remember,
  });
  return { graph, found };
}

/** Arithmetic of a graph. */
function flopsOf({ nodes }: Graph): number {
  const each = ({ op, inputs, attrs, outputs }: Graph['nodes'][number]) =>
    op.cost(typesOf(inputs), attrs, typesOf(outputs)).flops;
  return nodes.reduce((sum, node) => sum + each(node), 0);
}

describe('Video Depth Anything', () => {
  it('is told from its tensors, but relative and metric are told by their names alone', async () => {
    const table = videoHeader();
    expect(identify(table, 'f')).toEqual({ family: 'video-depth-anything', size: 'small', nameStyle: 'original' });
    const error = await faultOfAsync(() => resolveFile(table, 'f', undefined, none));
    expect(error).toMatchObject({ code: 'MODEL_AMBIGUOUS', expected: NAMES });
    for (const name of NAMES) {
      const entry = entryByName(name);
      expect(await resolveFile(table, 'f', entry, none)).toBe(entry);
    }
    expect(NAMES.map((name) => entryByName(name).kind)).toEqual(['relative-inverse', 'metric']);
  });

  it('is meant by the names of the authors, and fetched from their repositories', () => {
    for (const [alias, name, repo] of [
      ['video_depth_anything_vits', NAMES[0], 'Video-Depth-Anything-Small'],
      ['metric_video_depth_anything_vits', NAMES[1], 'Metric-Video-Depth-Anything-Small'],
    ] as const) {
      const { name: found, weights } = entryByName(alias);
      expect([found, weights.source]).toEqual([name, `hf:depth-anything/${repo}@main/${alias}.pth`]);
    }
  });

  it('keeps at most 30 MB of a stream on the GPU at 252×252 in f16', async () => {
    const { found } = await streamed(252, 'f16');
    expect(found.length).toBe(8);
    const sum = (key: 'rows' | 'past') => found.reduce((bytes, each) => bytes + byteLength(each[key].type), 0);
    // What leaves waits in one more place of a frame's rows, to be read back.
    const state = sum('past') + sum('rows');
    console.log(`state at 252×252 in f16: ${sum('past')} bytes, and ${sum('rows')} to be read back`);
    expect(sum('past')).toBe(OTHERS * sum('rows'));
    expect(state).toBeLessThanOrEqual(30e6);
  });

  it('takes in a stream at most 8 % more arithmetic than Depth Anything V2 small, and 62 dispatches more', async () => {
    const { graph: still } = frameGraph('depth-anything-v2-small', 'depth-anything-small', {
      picture: { width: 518, height: 518 },
      size: 'network',
    });
    const { graph } = await streamed(518, 'f32');
    // What makes a picture of the network's size of a file's picture is left out.
    const nodes = still.nodes.filter(({ op }) => op.name !== 'preprocess');
    const more = flopsOf(graph) / flopsOf(still) - 1;
    console.log(`a frame of a stream at 518×518: ${(100 * more).toFixed(2)} % more, ${graph.nodes.length} dispatches`);
    expect(more).toBeLessThanOrEqual(0.08);
    expect(graph.nodes.length - nodes.length).toBeLessThanOrEqual(62);
  });
});
