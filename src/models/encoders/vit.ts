import type { Recipe, Value, WeightTensor } from '../../graph/graph.js';
import type { Convention } from '../../image/preprocess.js';
import { patchEmbed } from '../../kernels/gemm.js';
import { ensureTypes, map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear, packedWeight, zeros } from '../layers/layers.js';
import { patchLayout } from '../layers/packing.js';
import { ResidualStream, type BranchEnd, type Lazy } from '../layers/residual_stream.js';
import { selfAttention } from '../layers/transformer.js';
import { resizePositions, type PositionRule } from './position_embedding.js';

/** What pre-norm transformer blocks differ in. */
export interface BlockParts {
  /** Attention on normalised tokens [T,C], before the output projection, with the weights at `attn`. */
  readonly attention: (tokens: Value, weights: Weights) => Value;
  /** LayerScale factors of both halves, [C]; 1 unless given. */
  readonly scales?: readonly [WeightTensor, WeightTensor];
}

/** Pre-norm transformer block, arXiv 2010.11929: x += ls1·attn(norm1(x)); x += ls2·mlp(norm2(x)). */
export function preNormBlock(x: ResidualStream, weights: Weights, { attention, scales }: BlockParts): ResidualStream {
  const attn = weights.at('attn');
  const mixed = { input: attention(x.norm(weights.at('norm1'))(), attn), weights: attn.at('proj') };
  const half = x.plus(mixed, scales?.[0]);
  return half.plus(mlp(half.norm(weights.at('norm2')), weights.at('mlp')), scales?.[1]);
}

function mlp(x: Lazy, weights: Weights): BranchEnd {
  return { input: linear(x(), weights.at('fc1'), { act: 'gelu' }), weights: weights.at('fc2') };
}

/** Of the layer norms: of the authors' code, which takes it from timm, and of the hub's configs. */
const EPS = { original: 1e-6, hub: 1e-12 } as const;

/** Which blocks are read, and whose code is reproduced. */
export interface TapOptions {
  readonly heads: number;
  /** Blocks, counted from 0, whose outputs the decoder reads. */
  readonly taps: readonly number[];
  readonly convention: Convention;
}

/**
 * Outputs [T,C], f32, of the tapped ones of the blocks at `blocks`.
 * @param parts of the block with these weights
 */
export function tappedBlocks(
  tokens: Value,
  weights: Weights,
  { taps, convention }: TapOptions,
  parts: (block: Weights) => BlockParts,
): Value[] {
  let x = ResidualStream.of(tokens, EPS[convention]);
  const tapped: Lazy[] = [];
  for (let i = 0; i <= Math.max(...taps); i++) {
    const block = weights.at(`blocks.${i}`);
    x = tokens.graph.scope(`blocks.${i}`, () => preNormBlock(x, block, parts(block)));
    if (taps.includes(i)) tapped.push(x.value());
  }
  return tapped.map((tap) => tap());
}

/** The same of a plain vision transformer, arXiv 2010.11929, timm vision_transformer.py. */
export function plainBlocks(tokens: Value, weights: Weights, options: TapOptions): Value[] {
  const attention: BlockParts['attention'] = (x, attn) => selfAttention(x, attn, options.heads);
  return tappedBlocks(tokens, weights, options, () => ({ attention }));
}

/** Rows and columns of patches of a picture [H,W,C]. @throws UsageError `SHAPE_MISMATCH` where a side is no multiple */
export function patchGrid({ type }: Value, patch: number): [rows: number, columns: number] {
  const [H, W] = map3(type);
  const whole = H % patch === 0 && W % patch === 0;
  ensureTypes('patch_embed', { picture: type }, whole, `sides that are multiples of ${patch}`);
  return [H / patch, W / patch];
}

/**
 * Tokens [1 + GH·GW, C], f32, of the patches of a picture or map [H,W,·]: a convolution of stride `patch`, the class
 * token before them, and position embeddings that are resized by `positions`; none where that is undefined.
 */
export function embedTokens(
  picture: Value,
  weights: Weights,
  { patch, positions }: { readonly patch: number; readonly positions: PositionRule | undefined },
): Value {
  const { graph } = picture;
  const [gh, gw] = patchGrid(picture, patch);
  const C = weights.shapeOf('cls_token')?.[2] ?? 384;
  const proj = weights.at('patch_embed.proj');
  const type = { dtype: 'f32', shape: [1 + gh * gw, C] } as const;
  const own = [weights.get('cls_token', [1, 1, C]), proj.get('bias', [C])];
  const rows = weights.shapeOf('pos_embed')?.[1] ?? 1370;
  const table = positions
    ? graph.constant({
        recipe: tokenTable,
        params: { gh, gw, rule: positions },
        type,
        weights: [...own, weights.get('pos_embed', [1, rows, C])],
        perSize: true,
      })
    : graph.constant({ recipe: plainTable, type, weights: own, perSize: true });
  const channels = weights.shapeOf('patch_embed.proj.weight')?.[1] ?? 3;
  const weight = proj.get('weight', [C, channels, patch, patch]);
  const packed = packedWeight(graph, weight, patchLayout, [patch * patch * map3(picture.type)[2], C]);
  return graph.apply(patchEmbed, { x: picture, weight: packed, bias: zeros(graph, C), residual: table }, { patch }).y;
}

/** What is added to the patch products: the class token in row 0, the bias for every patch. */
const plainTable: Recipe = {
  name: 'tokens without positions',
  pack([cls, bias], [T = 1, C = 0]) {
    const table = new Float32Array(T * C);
    for (let i = 0; i < T * C; i++) table[i] = (i < C ? cls : bias)?.values[i % C] as number;
    return table;
  },
};

/** The same and its position for every token. */
const tokenTable: Recipe<{
  readonly gh: number;
  readonly gw: number;
  readonly rule: PositionRule;
}> = {
  name: 'tokens',
  pack(weights, shape, { gh, gw, rule }) {
    const table = plainTable.pack(weights, shape, {});
    const C = shape[1] as number;
    const positions = weights[2]?.values as Float32Array;
    const n = Math.round(Math.sqrt(positions.length / C - 1));
    const grid = resizePositions(positions.subarray(C), n, C, gh, gw, rule);
    for (let c = 0; c < C; c++) table[c] = (table[c] as number) + (positions[c] as number);
    for (let i = 0; i < grid.length; i++) table[C + i] = (table[C + i] as number) + (grid[i] as number);
    return table;
  },
};
