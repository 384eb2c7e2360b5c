import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { Graph, Node, Recipe, Value } from '../../src/graph/graph.js';
import type { Where } from '../../src/kernels/attention_kernels.js';
import { distances } from '../models/distances.js';
import type { FixtureRecord } from '../../truth/recordings.js';
import { testGpu } from '../gpu.js';
import { fixtures } from '../models/fixtures.js';
import { runFixture, type Mutation } from '../models/run_model.js';

const V2 = 'depth-anything-v2-small-126x126';
const METRIC = 'depth-anything-v2-metric-small-98x154';
const HUB = 'depth-anything-v2-small-hub-126x98';
const SWIN2 = 'dpt-swin2-tiny-256-256x256';
const LEVIT = 'dpt-levit-224-224x224';
const NEXT_VIT = 'dpt-next-vit-large-384-128x96';
const MONO = 'depth-anything-3-mono-small-126x98';
const VIEW = 'depth-anything-3-small-126x98';
const MIDAS = 'midas-v2.1-small-160x96';
const BEIT = 'dpt-beit-base-384-128x96';
const HYBRID = 'dpt-hybrid-128x96';
const VIDEO = 'video-depth-anything-small-126x98';

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

/** Changes the packed values of every constant of a recipe; at least one must be there to change. */
function constants(recipe: string, change: (values: Float32Array, shape: readonly number[]) => void) {
  return (graph: Graph): void => {
    const found = [...graph.constants.values()].flatMap(({ origin, type }) =>
      origin.kind === 'constant' && (origin.recipe as Recipe).name === recipe ? [{ origin, type }] : [],
    );
    if (found.length === 0) throw new Error(`no constant of ${recipe} to mutate`);
    for (const { origin, type } of found) {
      const { pack } = origin;
      const changed: typeof pack = (weights) => {
        const values = pack(weights).slice();
        change(values, type.shape);
        return values;
      };
      Object.assign(origin, { pack: changed });
    }
  };
}

/** Changes the values of the position biases [offsets, 3 of the class token] of every head. */
function biases(change: (offsets: number[], classes: number[]) => number[]): (graph: Graph) => void {
  return constants('offset biases', (values, [, size = 0]) => {
    for (let at = 0; at < values.length; at += size) {
      const head = [...values.subarray(at, at + size)];
      values.set(change(head.slice(0, -3), head.slice(-3)), at);
    }
  });
}

/** Swaps the second and the third tap of a 2×2 kernel [2,2,C,N]. */
function swapTaps(values: Float32Array): void {
  const quarter = values.length / 4;
  const second = values.slice(quarter, 2 * quarter);
  values.copyWithin(quarter, 2 * quarter, 3 * quarter);
  values.set(second, 2 * quarter);
}

/** Swaps the pixels right of and below of the first of the four that [3,3,C,4·N] makes of one. */
function swapPhases(values: Float32Array, [, , , columns = 0]: readonly number[]): void {
  const N = columns / 4;
  for (let at = N; at < values.length; at += columns) {
    const right = values.slice(at, at + N);
    values.copyWithin(at, at + N, at + 2 * N);
    values.set(right, at + N);
  }
}

/** Attributes of attention in windows of a map that is not rolled. */
function unshifted({ where }: Record<string, unknown>): object {
  const { params, ...rest } = where as Where;
  return { where: { ...rest, params: { ...params, SHIFT: 0 } } };
}

/** Turns the offsets of every head of [heads,offsets] round: those from key to query. */
function reverseOffsets(values: Float32Array, [, offsets = 0]: readonly number[]): void {
  for (let at = 0; at < values.length; at += offsets) values.subarray(at, at + offsets).reverse();
}

/** Swaps the first two of every four values. */
function swapAngles(values: Float32Array): void {
  for (let at = 0; at < values.length; at += 4) [values[at], values[at + 1]] = [values[at + 1]!, values[at]!];
}

/** Swaps the halves that the row of the camera is made of. */
function swapHalves({ nodes }: Graph): void {
  const { inputs } = nodes.find(({ op }) => op.name === 'row_pair')!;
  Object.assign(inputs, { first: inputs['second'], second: inputs['first'] });
}

/** Nodes of a module along time. */
const inTime = ({ label }: Node): boolean => label.startsWith('motion_modules');

/** Swaps each pair of columns with the next one. */
function swapPairs(values: Float32Array): void {
  for (let at = 0; at < values.length; at += 4)
    values.set(
      [2, 3, 0, 1].map((i) => values[at + i]!),
      at,
    );
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
  ['group norm eps 1e-3', HYBRID, { graph: attributes('group_norm', () => ({ eps: 1e-3 })) }],
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
  ['windows that are not shifted', SWIN2, { graph: attributes('attention', unshifted), until: 'layer1' }],
  ['offsets from key to query', SWIN2, { graph: constants('offset bias', reverseOffsets), until: 'layer1' }],
  [
    'cosines scaled by the head size',
    SWIN2,
    { graph: attributes('attention', () => ({ scale: 32 ** -0.5 })), until: 'layer1' },
  ],
  ['attention without hardswish', LEVIT, { graph: attributes('attention', () => ({ act: 'none' })), until: 'layer1' }],
  [
    'biases of the halving from key to query',
    LEVIT,
    { graph: constants('signed offsets', reverseOffsets), until: 'layer2' },
  ],
  ['rows and columns of a transposed kernel swapped', LEVIT, { graph: constants('phases', swapPhases) }],
  [
    'norms before a layer without their shift',
    NEXT_VIT,
    { graph: constants('bias behind norms', (b) => b.fill(0)), until: 'layer2' },
  ],
  ['merged squares row by row', SWIN2, { graph: constants('merge', swapTaps), until: 'layer2' }],
  [
    'keys and values of the hub swapped',
    HUB,
    { sources: ([q, k, v, ...rest]) => (v ? [q!, v, k!, ...rest] : [q!, ...(k ? [k] : [])]) },
  ],
  ['mono head ends in ReLU', MONO, { graph: attributes('head', () => ({ final: { kind: 'relu' } })) }],
  ['first taps of mono one block early', MONO, { record: (f) => ({ ...f, taps: [1, 4, 7, 11] }) }],
  ['blocks of all views turned by place', VIEW, { graph: attributes('head_rotary', () => ({ together: false })) }],
  ['rows and columns swapped in turns', VIEW, { graph: attributes('head_rotary', () => ({ grid: [9, 7] })) }],
  [
    'head told of columns what is of rows',
    VIEW,
    {
      graph: attributes('head', ({ loader }) => ({ loader: (loader as string).replace('c4 < half)', 'c4 >= half)') })),
    },
  ],
  ['eps 1e-2 of the norm before the head', VIEW, { graph: attributes('pair_norm', () => ({ eps: 1e-2 })) }],
  ['height and width of the field of view swapped', VIEW, { graph: constants('degrees', swapAngles) }],
  ['halves of the camera swapped', VIEW, { graph: swapHalves }],
  [
    'no ReLU in the camera',
    VIEW,
    {
      graph: attributes(
        'gemm',
        () => ({ act: 'none' }),
        ({ label }) => label === 'camera',
      ),
    },
  ],
  [
    'layer norm eps 1e-6 along time',
    VIDEO,
    { graph: attributes('gemm_layer_norm', () => ({ eps: 1e-6 }), inTime), until: 'motion0' },
  ],
  ['one group norm along time', VIDEO, { graph: attributes('group_norm', () => ({ groups: 1 })), until: 'motion0' }],
  [
    'values without what they have of their place',
    VIDEO,
    { graph: constants('values of rows', (values, [, , , C = 0]) => values.fill(0, C * C)), until: 'motion0' },
  ],
  ['gates taken for values', VIDEO, { graph: constants('halves in turns', swapPairs), until: 'motion0' }],
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

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

describe('wrong models are told from the published ones', () => {
  it.each(MUTANTS)('%s', async (_name, fixture, mutation) => {
    const record = fixtures()[fixture] as FixtureRecord;
    const errors = distances(fixture, record, await runFixture(gpu, record, 'f32', mutation));
    expect(
      errors.find((e) => !e.passes),
      'a stage that does not pass',
    ).toBeDefined();
  });
});
