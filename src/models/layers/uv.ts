import type { Graph, Recipe, Value } from '../../graph/graph.js';

/** Of the encoding in what it is added to. */
const SHARE = 0.1;
const BASE = 100;

type UvParams = { readonly h: number; readonly w: number; readonly H: number; readonly W: number };

/**
 * Encodings of the `count` places of one side, [count, c/2]: sines, then cosines of place · 100^(-k/(c/4)). A place is
 * the distance of a cell's centre from the middle of the picture, whose corners are 1 away.
 */
function encodings(count: number, extent: number, c: number): Float32Array {
  const waves = c / 4;
  return Float32Array.from({ length: count * 2 * waves }, (_, i) => {
    const place = (extent * (2 * Math.floor(i / (2 * waves)) + 1 - count)) / count;
    const angle = place * BASE ** (-(i % waves) / waves);
    return SHARE * (i % (2 * waves) < waves ? Math.sin(angle) : Math.cos(angle));
  });
}

/** Encodings of columns [w,c/2] and of rows [h,c/2] of a map of a picture of H × W pixels. */
function sides({ h, w, H, W }: UvParams, c: number): [columns: Float32Array, rows: Float32Array] {
  const diagonal = Math.hypot(W, H);
  return [encodings(w, W / diagonal, c), encodings(h, H / diagonal, c)];
}

const sidesRecipe: Recipe<UvParams> = {
  name: 'uv sides',
  pack(_, [, half = 0], params) {
    const [columns, rows] = sides(params, 2 * half);
    return Float32Array.from([...columns, ...rows]);
  },
};

const mapRecipe: Recipe<UvParams> = {
  name: 'uv map',
  pack(_, [cells = 0, c = 0], params) {
    const [columns, rows] = sides(params, c);
    const half = c / 2;
    const map = new Float32Array(cells * c);
    for (let i = 0; i < cells; i++) {
      const [x, y] = [i % params.w, Math.floor(i / params.w)];
      map.set(columns.subarray(x * half, (x + 1) * half), i * c);
      map.set(rows.subarray(y * half, (y + 1) * half), i * c + half);
    }
    return map;
  },
};

type Sides = readonly [height: number, width: number];

/**
 * What Depth Anything 3 adds to a map [h,w,c] of a picture, so that its convolutions know where they are: [w+h,c/2] for
 * columns, which is added to the first half of the channels, then for rows. model/utils/head_utils.py.
 */
export function uvSides(graph: Graph, [h, w]: Sides, c: number, [H, W]: Sides): Value {
  const type = { dtype: 'f32', shape: [w + h, c / 2] } as const;
  return graph.constant({ recipe: sidesRecipe, params: { h, w, H, W }, type, weights: [] });
}

/** The same for every cell, [h·w,c]. */
export function uvMap(graph: Graph, [h, w]: Sides, c: number, [H, W]: Sides): Value {
  const type = { dtype: 'f32', shape: [h * w, c] } as const;
  return graph.constant({ recipe: mapRecipe, params: { h, w, H, W }, type, weights: [] });
}
