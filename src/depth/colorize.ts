import type { Graph, Recipe, Value } from '../graph/graph.js';
import { colorize, type ColorizeAttrs } from '../kernels/colorize.js';
import { depthTexture, rawDepthTexture, type DepthTextureAttrs } from '../kernels/depth_texture.js';
import { colormaps, type ColormapName } from './colormaps.js';
import { levelsFall } from './formats/depth_semantics.js';

export interface ColorizeOptions extends ColorizeAttrs {
  readonly colormap: ColormapName;
  /** Whether nearer things have the larger or the smaller values in the map. */
  readonly nearer: 'larger' | 'smaller';
  /** Swaps the ends of the colour map. */
  readonly invert?: boolean;
}

const colours: Recipe<{ readonly colormap: ColormapName; readonly reversed: boolean }> = {
  name: 'colormap',
  pack: (_weights, _shape, { colormap, reversed }) => lookupTable(colormap, reversed),
};

/**
 * A depth map f32[H,W] drawn with a colour map between the ends of `range` (f32[8], see `depthRange`). The nearest end
 * takes the last colour, whichever way the values run, unless `invert` is set; a flat map takes the colour of its
 * smallest value, and values that are not finite are transparent black. The result is a texture to bind as `colors`, or
 * u32[H,W].
 */
export function colorizeDepth(
  graph: Graph,
  depth: Value,
  range: Value,
  { colormap, nearer, invert = false, ...attrs }: ColorizeOptions,
): Value {
  const reversed = levelsFall(nearer, invert);
  const lut = graph.constant({
    recipe: colours,
    params: { colormap, reversed },
    type: { dtype: 'f32', shape: [256, 4] },
    weights: [],
  });
  return graph.scope('colorize', () => graph.apply(colorize, { depth, range, lut }, attrs).colors);
}

/**
 * A depth map f32[H,W] as a texture to bind as `packed`: nearness 0…1 in red (1 at the near end of `range`), the value
 * itself in green, 0 in blue and validity in alpha.
 */
export function packDepth(graph: Graph, depth: Value, range: Value, attrs: DepthTextureAttrs): Value {
  return graph.scope('texture', () => graph.apply(depthTexture, { depth, range }, attrs).packed);
}

/** A depth map f32[H,W] as an r32float texture to bind as `raw`. */
export function rawDepth(graph: Graph, depth: Value): Value {
  return graph.scope('texture', () => graph.apply(rawDepthTexture, { depth }, {}).raw);
}

/** Colours 0…1 of a colour map, opaque: [256,4]. */
export function lookupTable(colormap: ColormapName, reversed: boolean): Float32Array<ArrayBuffer> {
  const table = colormaps[colormap];
  const lut = new Float32Array(1024);
  for (let entry = 0; entry < 256; entry++) {
    const source = 3 * (reversed ? 255 - entry : entry);
    lut.set([table[source]! / 255, table[source + 1]! / 255, table[source + 2]! / 255, 1], 4 * entry);
  }
  return lut;
}
