import type { Value } from '../graph/graph.js';
import { affine } from '../kernels/doubt.js';
import { flipMean } from '../kernels/flip.js';
import type { Network, Outputs } from '../models/family.js';

/**
 * A network that is asked twice, with the picture and with the picture flipped left to right: each map is the mean of
 * the first and of the second flipped back, as `infer` of ZoeDepth's depth_model.py has it. What comes before and after
 * a network does the same to both sides of a picture, and resizing a map is linear: the mean may come before it.
 */
export function flipAveraged(network: Network): Network {
  return (picture, weights, context) => {
    const { graph } = picture;
    const maps = network(picture, weights, context);
    const others = graph.scope('flipped', () => {
      const last = (picture.type.shape[1] as number) - 1;
      const { y } = graph.apply(affine, { x: picture }, { scaleX: -1, moveX: last, scaleY: 1, moveY: 0 });
      return network(y, weights, context);
    });
    return graph.scope('flip_average', () => {
      const means = Object.entries(maps).map(([name, x]) => {
        // A camera sees as far to either side.
        if (name === 'fieldOfView') return [name, x] as const;
        const flipped = others[name as keyof Outputs] as Value;
        return [name, graph.apply(flipMean, { x, flipped }, {}).y] as const;
      });
      return Object.fromEntries(means) as unknown as Outputs;
    });
  };
}
