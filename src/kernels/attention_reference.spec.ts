import { activationReference } from './activation.spec.js';
import { grid, type GridOptions } from './attention_grid.js';
import type { Where } from './attention_kernels.js';
import { windows, type WindowOptions } from './attention_windows.js';
import type { Activation } from './store.js';
import { blank, type Expected, type Tensor } from './spec.js';

/** Queries, keys and values of attention, element by element: token, head, channel. */
export interface Sides {
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly D: number;
  readonly V: number;
  readonly scale: number;
  q(t: number, h: number, d: number): number;
  k(t: number, h: number, d: number): number;
  v(t: number, h: number, d: number): number;
}

/** How a query sees a key: the column of the bias, and what a mask adds. Undefined where it does not. */
export type Sees = (query: number, key: number) => { readonly offset?: number; readonly mask?: number } | undefined;

/**
 * Magnitude: a score s = Σqk·scale + bias is rounded to (Σ|qk|·scale + |bias|)·2⁻²⁴, exp turns that into a relative
 * error of the probability, and the error of the denominator is the mean of those errors. Well-conditioned scores leave
 * the published gate of 1e-5·max|V| untouched; scores in the hundreds cannot meet it in f32.
 */
export function attentionLoops(sides: Sides, sees: Sees, bias: Tensor | undefined): Expected {
  const { queries, heads, V } = sides;
  const y = blank([queries, heads * V]);
  for (let h = 0; h < heads; h++) {
    for (let t = 0; t < queries; t++) {
      const { keys, scores, errors } = scoresOf(sides, sees, bias, t, h);
      const top = scores.reduce((a, b) => Math.max(a, b));
      const p = scores.map((s) => Math.exp(s - top));
      const sum = p.reduce((a, b) => a + b);
      const shared = p.reduce((a, e, i) => a + (e / sum) * (errors[i] as number), 1);
      for (let d = 0; d < V; d++) {
        const at = (t * heads + h) * V + d;
        keys.forEach((s, i) => {
          const v = sides.v(s, h, d) * ((p[i] as number) / sum);
          y.values[at] = (y.values[at] as number) + v;
          y.magnitude[at] = (y.magnitude[at] as number) + Math.abs(v) * (shared + (errors[i] as number));
        });
      }
    }
  }
  return y;
}

/** The same behind an activation, whose slope is at most 1.5. */
export function activated(act: Activation | undefined, sums: Expected): Expected {
  return { ...sums, values: sums.values.map((sum) => activationReference(act, sum)) };
}

/** The keys that a query sees, its scores with them, and the scale of the scores' errors. */
function scoresOf(
  { keys: count, D, scale, q, k }: Sides,
  sees: Sees,
  bias: Tensor | undefined,
  t: number,
  h: number,
): { keys: number[]; scores: number[]; errors: number[] } {
  const [keys, scores, errors]: number[][] = [[], [], []];
  for (let s = 0; s < count; s++) {
    const seen = sees(t, s);
    if (!seen) continue;
    const added = seen.offset === undefined ? 0 : biasAt(bias, h, seen.offset);
    let [score, error] = [added + (seen.mask ?? 0), Math.abs(added)];
    for (let d = 0; d < D; d++) {
      const product = q(t, h, d) * k(s, h, d) * scale;
      score += product;
      error += Math.abs(product);
    }
    (keys as number[]).push(s);
    (scores as number[]).push(score);
    (errors as number[]).push(error);
  }
  return { keys: keys as number[], scores: scores as number[], errors: errors as number[] };
}

function biasAt(bias: Tensor | undefined, h: number, offset: number): number {
  const { type, data } = bias as Tensor;
  return data[h * (type.shape[1] as number) + offset] as number;
}

/** What each `where` of a case stands for, from the options that it was made of. */
const meanings = new Map<Where, Sees>();

/** `windows()`, known to the reference. */
export function knownWindows(options: WindowOptions): Where {
  const where = windows(options);
  meanings.set(where, inWindows(options));
  return where;
}

/** `grid()`, known to the reference. */
export function knownGrid(options: GridOptions): Where {
  const where = grid(options);
  meanings.set(where, onGrids(options));
  return where;
}

/** How queries see keys by the `where` of a case. */
export function sightOf(where: Where | undefined): Sees {
  if (!where) return () => ({});
  const sees = meanings.get(where);
  if (!sees) throw new Error('The reference does not know this `where`.');
  return sees;
}

/**
 * As microsoft/Swin-Transformer does it: roll the map, label its regions, cut both into windows; tokens of one window
 * see each other, with -100 between labels.
 */
function inWindows({ map: [H, W], side, shift }: WindowOptions): Sees {
  const regions = (size: number, at: number) => (at < size - side ? 0 : at < size - shift ? 1 : 2);
  const found = new Map<number, { window: string; y: number; x: number; label: string }>();
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      // torch.roll by -shift: what was at `shift` is at 0.
      const token = ((y + shift) % H) * W + ((x + shift) % W);
      const window = [Math.floor(y / side), Math.floor(x / side)].join();
      const label = shift > 0 ? [regions(H, y), regions(W, x)].join() : '';
      found.set(token, { window, y: y % side, x: x % side, label });
    }
  }
  return (query, key) => {
    const [q, k] = [found.get(query), found.get(key)];
    if (!q || !k) throw new Error(`Token ${query} or ${key} is not in the map.`);
    if (q.window !== k.window) return undefined;
    const offset = (q.y - k.y + side - 1) * (2 * side - 1) + (q.x - k.x + side - 1);
    return { offset, mask: q.label === k.label ? 0 : -100 };
  };
}

/** As timm's gen_relative_position_index does it, and LeViT's with strides. */
function onGrids({ keys, queries = keys, stride = 1, classToken = false }: GridOptions): Sees {
  const [[KH, KW], [QH, QW]] = [keys, queries];
  const first = classToken ? 1 : 0;
  const span = stride * (QW - 1) + KW;
  const patches = (stride * (QH - 1) + KH) * span;
  return (query, key) => {
    const [q, k] = [query - first, key - first];
    if (q < 0 || k < 0) return { offset: patches + (q >= 0 ? 1 : k >= 0 ? 0 : 2) };
    const dy = stride * Math.floor(q / QW) - Math.floor(k / KW) + KH - 1;
    const dx = stride * (q % QW) - (k % KW) + KW - 1;
    return { offset: dy * span + dx };
  };
}
