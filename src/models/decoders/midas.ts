import type { Value } from '../../graph/graph.js';
import { ensureTypes, map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import type { Outputs } from '../family.js';
import { decoder, type DecoderConfig } from './decoder.js';

/** Stride of the deepest map: the published networks add maps whose sides only match on multiples of it. */
const STRIDE = 32;

/**
 * @param network name of what asks
 * @throws UsageError `SHAPE_MISMATCH` where a side of a picture [H,W,4] is no multiple of 32
 */
export function ensureStride(network: string, { type }: Value): void {
  const [H, W] = map3(type);
  ensureTypes(
    network,
    { picture: type },
    H % STRIDE === 0 && W % STRIDE === 0,
    `sides that are multiples of ${STRIDE}`,
  );
}

/**
 * The decoder as the networks of MiDaS end in it: four maps of strides 4, 8, 16, 32 of a picture [H,W,4] → relative
 * inverse depth [H,W].
 * @param maps makes the maps of the picture, once its sides are checked
 * @throws as `ensureStride`
 */
export function midasDecoder(
  network: string,
  picture: Value,
  weights: Weights,
  maps: () => readonly Value[],
  config: Pick<DecoderConfig, 'block' | 'headAlignCorners'>,
): Outputs {
  const [H, W] = map3(picture.type);
  ensureStride(network, picture);
  const depth = decoder(picture.graph.scope('pretrained', maps), weights.at('scratch'), {
    ...config,
    size: [H, W],
    final: { kind: 'relu' },
    head: ['output_conv.0', 'output_conv.2', 'output_conv.4'],
  });
  return { depth };
}
