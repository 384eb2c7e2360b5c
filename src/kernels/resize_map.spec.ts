import type { TensorType } from '../tensor.js';
import { bilinearTaps, cubicTaps, tapScale } from './resample.spec.js';
import { resizeMap, type ResizeMapAttrs } from './resize_map.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, { size: [H, W], filter, border = [0, 0] }: ResizeMapAttrs): { y: Expected } {
  const { type, data } = need(inputs, 'x');
  const [IH, IW] = type.shape as [number, number];
  const taps = (at: number, input: number, output: number) =>
    filter === 'bicubic'
      ? cubicTaps(at, input, output)
      : bilinearTaps(at, input, output, filter === 'bilinear-align-corners');
  const y = blank([H, W]);
  const { values, magnitude } = y;
  for (let i = 0; i < H * W; i++) {
    for (const ty of taps(Math.floor(i / W) + border[0], IH, H + 2 * border[0])) {
      for (const tx of taps((i % W) + border[1], IW, W + 2 * border[1])) {
        const value = data[ty.at * IW + tx.at] as number;
        values[i]! += ty.weight * tx.weight * value;
        magnitude[i]! += tapScale(ty) * tapScale(tx) * Math.abs(value);
      }
    }
  }
  return { y };
}

const filters = ['bicubic', 'bilinear', 'bilinear-align-corners'] as const;
const sizes: readonly [string, readonly [number, number], readonly [number, number]][] = [
  ['one pixel', [1, 1], [3, 2]],
  ['to one pixel', [9, 8], [1, 1]],
  ['same size', [13, 17], [13, 17]],
  ['prime sides, enlarged', [19, 23], [61, 67]],
  ['shrunk threefold', [97, 64], [31, 22]],
  ['a row enlarged, columns shrunk', [1, 60], [11, 19]],
];

export const resizeMapSpec = defineSpec<{ x: TensorType }, { y: TensorType }, ResizeMapAttrs>({
  op: resizeMap,
  gate: 16,
  half: [],
  reference,
  cases: [
    ...filters.flatMap((filter) =>
      sizes.map(([name, from, size]) => ({ name: `${filter}, ${name}`, inputs: { x: from }, attrs: { size, filter } })),
    ),
    { name: 'without a border', inputs: { x: [12, 16] }, attrs: { size: [19, 23], filter: 'bicubic', border: [3, 5] } },
  ],
  perf: filters.map((filter) => ({
    name: `518×686 to 3024×4032, ${filter}`,
    inputs: { x: [518, 686] },
    attrs: { size: [3024, 4032], filter },
  })),
});
