import { view, type Graph, type Recipe, type StoredTensor, type Value, type WeightTensor } from '../../graph/graph.js';
import { conv2d, padding } from '../../kernels/conv2d.js';
import { geglu } from '../../kernels/geglu.js';
import { groupNorm } from '../../kernels/group_norm.js';
import { FRAME_TABLE, HEADS, PLACES, temporalAttention } from '../../kernels/temporal_attention.js';
import { map3, tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import type { NetworkContext } from '../family.js';
import { linear, normVectors, zeros } from './layers.js';
import { ResidualStream } from './residual_stream.js';

const GROUPS = 32;
const GROUP_EPS = 1e-6;
const LAYER_EPS = 1e-5;
const BLOCKS = 2;

/**
 * What a clip's other frames have to say at each pixel of a map [H,W,C]: a transformer along time, added to the map.
 * DepthAnything/Video-Depth-Anything motion_module.py, arXiv 2501.12375.
 */
export function temporalModule(x: Value, weights: Weights, { remember }: Pick<NetworkContext, 'remember'>): Value {
  const { graph } = x;
  const [H, W, C] = map3(x.type);
  const module = weights.at('temporal_transformer');
  const block = module.at('transformer_blocks.0');
  const norm = { groups: GROUPS, eps: GROUP_EPS, out: graph.storage };
  const normed = graph.apply(groupNorm, { x, ...normVectors(graph, module.at('norm'), C) }, norm).y;
  const rows = { input: view(normed, [H * W, C]), weights: module.at('proj_in') };
  let stream = ResidualStream.of(nothing(graph, [H * W, C]), LAYER_EPS).plus(rows);
  for (let i = 0; i < BLOCKS; i++) {
    const attention = block.at(`attention_blocks.${i}`);
    const own = stream.norm(block.at(`norms.${i}`))();
    const input = graph.scope(`attention_blocks.${i}`, () => attended(own, attention, remember));
    stream = stream.plus({ input, weights: attention.at('to_out.0') });
  }
  const forward = block.at('ff.net');
  const input = gated(stream.norm(block.at('ff_norm'))(), forward.at('0.proj'));
  const end = stream.plus({ input, weights: forward.at('2') }).value()();
  const moved = linear(end, module.at('proj_out'), { residual: view(x, [H * W, C]) });
  return view(moved, [H, W, C]);
}

/** A stream to which nothing was added yet, so that what is first makes the norm behind it too. */
function nothing(graph: Graph, shape: readonly number[]): Value {
  return graph.constant({ recipe: zeroRows, type: { dtype: 'f32', shape }, weights: [], perSize: true });
}

const zeroRows: Recipe = { name: 'zero rows', pack: (_, [P = 0, C = 0]) => new Float32Array(P * C) };

/** Values [P,C] of the frames that each pixel of rows [P,C] sees, mixed. */
function attended(own: Value, weights: Weights, remember: NetworkContext['remember']): Value {
  const { graph } = own;
  const [P, C] = tokens2(own.type);
  const D = C / HEADS;
  const [query, key, value] = ['to_q', 'to_k', 'to_v'].map((name) => weights.get(`${name}.weight`, [C, C])) as [
    WeightTensor,
    WeightTensor,
    WeightTensor,
  ];
  const places = weights.get('pos_encoder.pe', [1, PLACES, C]);
  const type = { dtype: 'f32', shape: [PLACES, C] } as const;
  const queries = graph.constant({ recipe: queriesOfPlaces, type, weights: [query, places] });
  const { query: bias = zeros(graph, C), ...seen } = remember?.(own, { table: FRAME_TABLE, queries }) ?? {};
  const q = linear(own, weights.at('to_q'), { bias });
  const wide = HEADS * (C + PLACES);
  const byRows = perHead(q, graph, { recipe: keysOfRows, weights: [key, places], shape: [1, 1, D, wide] });
  const inputs = { q: byRows, x: own, ...seen };
  const mixed = graph.apply(temporalAttention, inputs, { scale: D ** -0.5, out: graph.storage }).y;
  return view(perHead(mixed, graph, { recipe: valuesOfRows, weights: [value, places], shape: [1, 1, C + PLACES, C] }), [
    P,
    C,
  ]);
}

interface PerHead {
  readonly recipe: Recipe;
  readonly weights: readonly WeightTensor[];
  /** [1,1,K,N]: of a product of each head's K values with N / heads columns of its own. */
  readonly shape: readonly [number, number, number, number];
}

/** A linear layer of each head on its own channels of x [P,·]. */
function perHead(x: Value, graph: Graph, { recipe, weights, shape }: PerHead): Value {
  const [P, K] = tokens2(x.type);
  const N = shape[3];
  const weight = graph.constant({ recipe, type: { dtype: graph.storage, shape }, weights });
  const inputs = { x: view(x, [1, P, K]), weight, bias: zeros(graph, N) };
  const { y } = graph.apply(conv2d, inputs, { stride: 1, pad: padding(0), groups: HEADS, out: graph.storage });
  return view(y, [P, N]);
}

/** y = a · GELU(g) of a linear layer's two halves a and g. */
function gated(x: Value, weights: Weights): Value {
  const { graph } = x;
  const [, K] = tokens2(x.type);
  const N = weights.shapeOf('weight')?.[0] ?? 8;
  const weight = graph.constant({
    recipe: halvesInTurns,
    type: { dtype: graph.storage, shape: [K, N] },
    weights: [weights.get('weight', [N, K])],
  });
  const bias = graph.constant({
    recipe: halvesInTurns,
    type: { dtype: 'f32', shape: [N] },
    weights: [weights.get('bias', [N])],
  });
  return graph.apply(geglu, { x, weight, bias }, { out: graph.storage }).y;
}

/** [N,K] → [K,N], or [N], with the columns of the second half between those of the first: two of each in turn. */
const halvesInTurns: Recipe = {
  name: 'halves in turns',
  pack([weight], shape) {
    const { values } = weight as StoredTensor;
    const [K, N] = shape.length === 2 ? (shape as [number, number]) : [1, shape[0] as number];
    const packed = new Float32Array(K * N);
    for (let n = 0; n < N; n++) {
      const from = 2 * Math.floor(n / 4) + (n % 2) + (n % 4 < 2 ? 0 : N / 2);
      for (let k = 0; k < K; k++) packed[k * N + n] = values[from * K + k] as number;
    }
    return packed;
  },
};

/** Σ_c a[a0 + c] · b[b0 + c] of C values, in f64. */
function product(a: Float32Array, a0: number, b: Float32Array, b0: number, C: number): number {
  let sum = 0;
  for (let c = 0; c < C; c++) sum += (a[a0 + c] as number) * (b[b0 + c] as number);
  return sum;
}

/** [places, C]: what each place adds to queries, Wq · pe. Where a clip has one frame its queries do not matter. */
const queriesOfPlaces: Recipe = {
  name: 'queries of places',
  pack([query, places], [P = 0, C = 0]) {
    const [w, pe] = [query, places].map((tensor) => (tensor as StoredTensor).values) as [Float32Array, Float32Array];
    return Float32Array.from({ length: P * C }, (_, i) => product(w, (i % C) * C, pe, Math.floor(i / C) * C, C));
  },
};

/** [K, heads·(C + places)]: for each head, columns that are its rows of Wk, then what they make of each place. */
const keysOfRows: Recipe = {
  name: 'keys of rows',
  pack([key, places], shape) {
    const [w, pe] = [key, places].map((tensor) => (tensor as StoredTensor).values) as [Float32Array, Float32Array];
    const [, , D, wide] = shape as [number, number, number, number];
    const C = HEADS * D;
    const packed = new Float32Array(D * wide);
    for (let head = 0; head < HEADS; head++) {
      for (let k = 0; k < D; k++) {
        const row = (head * D + k) * C;
        const at = k * wide + head * (C + PLACES);
        packed.set(w.subarray(row, row + C), at);
        for (let place = 0; place < PLACES; place++) packed[at + C + place] = product(w, row, pe, place * C, C);
      }
    }
    return packed;
  },
};

/** [C + places, C]: for each head, Wv of its columns, then what it makes of each place. */
const valuesOfRows: Recipe = {
  name: 'values of rows',
  pack([value, places], shape) {
    const [w, pe] = [value, places].map((tensor) => (tensor as StoredTensor).values) as [Float32Array, Float32Array];
    const C = shape[3] as number;
    const packed = new Float32Array((C + PLACES) * C);
    for (let n = 0; n < C; n++) {
      for (let c = 0; c < C; c++) packed[c * C + n] = w[n * C + c] as number;
      for (let place = 0; place < PLACES; place++) packed[(C + place) * C + n] = product(w, n * C, pe, place * C, C);
    }
    return packed;
  },
};
