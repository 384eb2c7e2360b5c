import { view, type Value } from '../../graph/graph.js';
import { tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { conv, linear, upConv } from '../layers/layers.js';

/**
 * Tokens of tap i on the grid [gh,gw] → map at stride 4, 8, 16 or 32 of a picture of patches of 14. The class token is
 * left out.
 * @param added to the projected patches [gh·gw,C], f32
 */
export function projectTap(
  tap: Value,
  weights: Weights,
  i: number,
  [gh, gw]: readonly [number, number],
  added?: Value,
): Value {
  const patches = linear(tap, weights.at(`projects.${i}`), { rows: 'patches', residual: added });
  const map = view(patches, [gh, gw, tokens2(patches.type)[1]]);
  const resize = weights.at(`resize_layers.${i}`);
  if (i < 2) return upConv(map, resize);
  return i === 2 ? map : conv(map, resize, { stride: 2 });
}
