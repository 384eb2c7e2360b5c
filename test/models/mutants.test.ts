import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { Constant, Graph, Node, Value } from '../../src/graph/graph.js';
import { testGpu } from '../gpu.js';
import { distances } from './distances.js';
import type { FixtureRecord } from '../../truth/recordings.js';
import { fixtures } from './fixtures.js';
import { runFixture, type Mutation } from './run_model.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const V2 = 'depth-anything-v2-small-126x126';
const METRIC = 'depth-anything-v2-metric-small-98x154';
const HUB = 'depth-anything-v2-small-hub-126x98';
const MIDAS = 'midas-v2.1-small-160x96';
const BEIT = 'dpt-beit-base-384-128x96';
const HYBRID = 'dpt-hybrid-128x96';

/** Changes the attributes of every node of an op; at least one must be there to change. */
function attributes(
  op: string,
  change: (attrs: Record<string, unknown>, node: Node) => object,
  where: (node: Node) => boolean = () => true,
): (graph: Graph) => void {
  return (graph) => {
    const nodes = graph.nodes.filter((node) => node.op.name === op && where(node));
    if (nodes.length === 0) throw new Error(`no node of ${op} to mutate`);
    for (const node of nodes)
      Object.assign(node as { attrs: unknown }, {
        attrs: { ...(node.attrs as object), ...change(node.attrs as Record<string, unknown>, node) },
      });
  };
}

/** The patch halves of readouts. */
const isReadout = ({ attrs }: Node): boolean => (attrs as { rows?: string }).rows === 'patches';

/** Gives every readout the layer's own bias in place of the class token's share. */
function ignoreClassToken(graph: Graph): void {
  const readouts = graph.nodes.filter(isReadout);
  if (readouts.length === 0) throw new Error('no readout to mutate');
  for (const { inputs } of readouts) {
    const { origin } = inputs['bias'] as Value;
    if (origin.kind === 'node') Object.assign(inputs, { bias: origin.node.inputs['bias'] });
  }
}

/** Changes the values of the position biases [offsets, 3 of the class token] of every head. */
function biases(change: (offsets: number[], classes: number[]) => number[]): (graph: Graph) => void {
  return (graph) => {
    const tables = graph.nodes.flatMap(({ op, inputs }) => (op.name === 'attention' && inputs['bias']) || []);
    if (tables.length === 0) throw new Error('no position biases to mutate');
    for (const { origin, type } of tables) {
      const { pack } = origin as Constant;
      const size = type.shape[1] as number;
      const changed = (values: readonly Float32Array[]) => {
        const table = [...pack(values)];
        const heads = Array.from({ length: table.length / size }, (_, h) => table.slice(h * size, (h + 1) * size));
        return Float32Array.from(heads.flatMap((head) => change(head.slice(0, -3), head.slice(-3))));
      };
      Object.assign(origin, { pack: changed });
    }
  };
}

/** Wrong engines: each is the published network with one mistake in how it is put together. */
const MUTANTS: readonly (readonly [name: string, fixture: string, mutation: Mutation])[] = [
  ['first three taps one block early', V2, { record: (f) => ({ ...f, model: 'depth-anything-v2-small-early' }) }],
  ['taps of V1 in V2', V2, { record: (f) => ({ ...f, model: 'depth-anything-v1-small' }) }],
  ['position embeddings without the 0.1 offset', V2, { record: (f) => ({ ...f, model: `${f.model}-hub` }) }],
  ['hub position embeddings with the 0.1 offset', HUB, { record: (f) => ({ ...f, model: 'depth-anything-v2-small' }) }],
  [
    'layer norm eps 1e-5',
    V2,
    { graph: (g) => ['layer_norm', 'gemm_layer_norm'].forEach((op) => attributes(op, () => ({ eps: 1e-5 }))(g)) },
  ],
  ['head resized without align_corners', V2, { graph: attributes('head', () => ({ alignCorners: false })) }],
  [
    'last path resized without align_corners',
    V2,
    { graph: attributes('upsampled_conv', () => ({ alignCorners: false })) },
  ],
  ['head of MiDaS resized with align_corners', MIDAS, { graph: attributes('head', () => ({ alignCorners: true })) }],
  [
    'no ReLU before the first convolution of a residual unit',
    V2,
    {
      graph: attributes(
        'conv2d',
        () => ({ reluInput: false }),
        (n) => n.label.startsWith('refinenet'),
      ),
    },
  ],
  [
    'no ReLU between the convolutions of a residual unit',
    V2,
    {
      graph: attributes(
        'conv2d',
        () => ({ act: 'none' }),
        (n) => n.label.startsWith('refinenet'),
      ),
    },
  ],
  ['no GELU', V2, { graph: attributes('gemm', () => ({ act: 'none' })) }],
  ['metric scale dropped', METRIC, { graph: attributes('head', () => ({ final: { kind: 'sigmoid', maxDepth: 1 } })) }],
  ['metric head ends in ReLU', METRIC, { graph: attributes('head', () => ({ final: { kind: 'relu' } })) }],
  [
    'symmetric padding for SAME',
    MIDAS,
    {
      graph: attributes(
        'depthwise',
        () => ({ pad: { top: 1, left: 1, bottom: 0, right: 0 } }),
        (n) => (n.attrs as { stride: number }).stride === 2 && n.inputs['weight']?.type.shape[0] === 3,
      ),
    },
  ],
  [
    'ReLU for ReLU6',
    MIDAS,
    { graph: attributes('gemm', (attrs) => ({ act: attrs['act'] === 'relu6' ? 'relu' : attrs['act'] })) },
  ],
  ['biases of the opposite offsets', BEIT, { graph: biases((offsets, last) => [...offsets.reverse(), ...last]) }],
  ['biases of the class token reversed', BEIT, { graph: biases((offsets, last) => [...offsets, ...last.reverse()]) }],
  ['no position biases', BEIT, { graph: biases((offsets, last) => [...offsets, ...last].map(() => 0)) }],
  ['readout without the class token', HYBRID, { graph: ignoreClassToken }],
  ['class token kept among the patches', HYBRID, { graph: attributes('gemm', () => ({ rows: 'all' }), isReadout) }],
  ['group norm eps 1e-4', HYBRID, { graph: attributes('group_norm', () => ({ eps: 1e-4 })) }],
  ['one group norm of all channels', HYBRID, { graph: attributes('group_norm', () => ({ groups: 1 })) }],
  [
    'no ReLU behind a residual block',
    HYBRID,
    {
      graph: attributes(
        'group_norm',
        () => ({ act: 'none' }),
        (n) => n.inputs['residual'] !== undefined,
      ),
    },
  ],
  [
    'symmetric padding for SAME, hybrid',
    HYBRID,
    {
      graph: attributes('max_pool', () => ({ pad: { top: 1, left: 1, bottom: 0, right: 0 } })),
    },
  ],
  [
    'keys and values of the hub swapped',
    HUB,
    { sources: ([q, k, v, ...rest]) => (v ? [q!, v, k!, ...rest] : [q!, ...(k ? [k] : [])]) },
  ],
  [
    'red and blue swapped',
    V2,
    {
      image: (image) => {
        for (let i = 0; i < image.length; i += 4) [image[i], image[i + 2]] = [image[i + 2]!, image[i]!];
      },
    },
  ],
];

describe('wrong models are told from the published ones', () => {
  for (const [name, fixture, mutation] of MUTANTS) {
    it(name, async () => {
      const record = fixtures()[fixture] as FixtureRecord;
      const errors = distances(fixture, record, await runFixture(gpu, record, 'f32', mutation));
      const worst = errors.find((e) => !e.passes);
      expect(worst, `${name} passes every stage`).toBeDefined();
    });
  }
});
