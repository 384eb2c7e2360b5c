import { checkpointTensors } from '../../models/fixtures.js';
import { seededCheckpoint, type SeededEntry } from '../../../truth/seeded_weights.js';

/**
 * A checkpoint of MiDaS small with every width shrunk by about 24, from seeded weights: the same tensors, the same
 * graph, a small share of the work. Widths that differ where a residual depends on it still do.
 */
export function tinyMidas(): Uint8Array<ArrayBuffer> {
  return (made ??= seededCheckpoint(tinyMidasTensors()) as Uint8Array<ArrayBuffer>).slice();
}

let made: Uint8Array<ArrayBuffer> | undefined;

/** Names and shapes of the tiny checkpoint. */
export function tinyMidasTensors(): SeededEntry[] {
  return checkpointTensors('midas-v2.1-small').map(({ name, shape }) => ({
    name,
    shape: shape.map((side, i) => (i < 2 ? narrow(side) : side)),
  }));
}

function narrow(channels: number): number {
  return channels <= 3 ? channels : 4 * Math.ceil(channels / 96);
}
