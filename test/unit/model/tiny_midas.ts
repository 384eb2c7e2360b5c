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

/** The tiny checkpoint with the values of some tensors changed: those for which `change` gives values. */
export function changedMidas(
  change: (name: string, values: Float32Array) => Float32Array | undefined,
): Uint8Array<ArrayBuffer> {
  const file = tinyMidas();
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    { data_offsets?: [number, number] }
  >;
  for (const [name, { data_offsets }] of Object.entries(header)) {
    if (!data_offsets) continue;
    const [begin, end] = data_offsets.map((offset) => 8 + length + offset) as [number, number];
    const values = change(name, new Float32Array(file.slice(begin, end).buffer));
    if (values) file.set(new Uint8Array(values.buffer), begin);
  }
  return file;
}

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
