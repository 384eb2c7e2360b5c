import type { TensorType } from '../tensor.js';
import { antialiasColumns, antialiasRows } from './antialias.js';
import { preprocess, type PreprocessAttrs } from './preprocess.js';
import { borderedPicture } from './bordered_picture.js';
import { antialiasTaps, bilinearTaps, byteRounding, cubicTaps, tapScale } from './resample.spec.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

const GATE = 16;
/** In units of the gate, an allowed difference of 1. */
const ONE = 2 ** 24 / GATE;

function cubicPreprocess(inputs: Tensors, { size: [H, W], mean, std }: PreprocessAttrs): { y: Expected } {
  const { type, data } = need(inputs, 'picture');
  const [PH, PW] = type.shape as [number, number];
  const y = blank([H, W, 4]);
  const { values, magnitude } = y;
  for (let oy = 0; oy < H; oy++) {
    for (let ox = 0; ox < W; ox++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        let scale = 0;
        for (const ty of cubicTaps(oy, PH, H)) {
          for (const tx of cubicTaps(ox, PW, W)) {
            const value = data[(ty.at * PW + tx.at) * 4 + c] as number;
            sum += ty.weight * tx.weight * value;
            scale += tapScale(ty) * tapScale(tx) * value;
          }
        }
        const i = (oy * W + ox) * 4 + c;
        values[i] = (sum - (mean[c] as number)) / (std[c] as number);
        magnitude[i] = (scale + (mean[c] as number)) / (std[c] as number);
      }
    }
  }
  return { y };
}

function rows(inputs: Tensors, { width }: { width: number }): { y: Expected } {
  const { type, data } = need(inputs, 'picture');
  const [PH, PW] = type.shape as [number, number];
  const y = blank([PH, width]);
  const { values, magnitude } = y;
  for (let i = 0; i < values.length; i++) {
    const taps = antialiasTaps(i % width, PW, width);
    const row = Math.floor(i / width) * PW;
    values[i] = 255 * 2 ** 24;
    for (let c = 0; c < 3; c++) {
      const { byte, slack } = byteRounding(
        taps.reduce((sum, t) => sum + t.weight * 255 * (data[(row + t.at) * 4 + c] as number), 0),
      );
      values[i]! += byte * 256 ** c;
      magnitude[i]! += slack * 256 ** c * ONE;
    }
  }
  return { y };
}

function columns(inputs: Tensors, { size: [H, W], mean, std }: PreprocessAttrs): { y: Expected } {
  const { type, data } = need(inputs, 'x');
  const PH = type.shape[0] as number;
  const y = blank([H, W, 4]);
  const { values, magnitude } = y;
  for (let i = 0; i < H * W; i++) {
    const taps = antialiasTaps(Math.floor(i / W), PH, H);
    for (let c = 0; c < 3; c++) {
      const exact = taps.reduce(
        (sum, t) => sum + t.weight * (Math.floor((data[t.at * W + (i % W)] as number) / 256 ** c) % 256),
        0,
      );
      const { byte, slack } = byteRounding(exact);
      values[4 * i + c] = (byte / 255 - (mean[c] as number)) / (std[c] as number);
      magnitude[4 * i + c] = (byte / 255 + (mean[c] as number) + (slack / 255) * ONE) / (std[c] as number);
    }
  }
  return { y };
}

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

export const preprocessSpec = defineSpec<{ picture: TensorType }, { y: TensorType }, PreprocessAttrs>({
  op: preprocess,
  gate: GATE,
  half: [],
  dtypes: { picture: 'texture' },
  reference: cubicPreprocess,
  cases: [
    { name: 'one pixel', inputs: { picture: [1, 1] }, attrs: { size: [14, 28], ...imageNet } },
    { name: 'same size', inputs: { picture: [32, 64] }, attrs: { size: [32, 64], ...half } },
    { name: 'one row, shrunk across', inputs: { picture: [1, 71] }, attrs: { size: [32, 32], ...half } },
    { name: 'prime sides, enlarged', inputs: { picture: [37, 53] }, attrs: { size: [84, 112], ...imageNet } },
    { name: 'shrunk tenfold, portrait', inputs: { picture: [601, 397] }, attrs: { size: [56, 42], ...imageNet } },
    { name: 'shrunk by two', inputs: { picture: [64, 96] }, attrs: { size: [32, 48], ...half } },
  ],
  perf: [
    {
      name: 'photo of 4032×3024, Depth Anything 518',
      inputs: { picture: [3024, 4032] },
      attrs: { size: [518, 686], ...imageNet },
    },
    {
      name: 'frame of 640×480, MiDaS small 256',
      inputs: { picture: [480, 640] },
      attrs: { size: [192, 256], ...imageNet },
    },
  ],
});

export const antialiasRowsSpec = defineSpec<{ picture: TensorType }, { y: TensorType }, { readonly width: number }>({
  op: antialiasRows,
  gate: GATE,
  half: [],
  dtypes: { picture: 'texture' },
  reference: rows,
  cases: [
    { name: 'one pixel', inputs: { picture: [1, 1] }, attrs: { width: 5 } },
    { name: 'same size', inputs: { picture: [7, 64] }, attrs: { width: 64 } },
    { name: 'enlarged', inputs: { picture: [5, 37] }, attrs: { width: 112 } },
    { name: 'shrunk a little', inputs: { picture: [11, 131] }, attrs: { width: 98 } },
    { name: 'shrunk to one column', inputs: { picture: [67, 40] }, attrs: { width: 1 } },
    { name: 'shrunk eightfold, prime', inputs: { picture: [13, 797] }, attrs: { width: 98 } },
  ],
  perf: [{ name: 'photo of 4032×3024, hub 518', inputs: { picture: [3024, 4032] }, attrs: { width: 686 } }],
});

export const antialiasColumnsSpec = defineSpec<{ x: TensorType }, { y: TensorType }, PreprocessAttrs>({
  op: antialiasColumns,
  gate: GATE,
  half: [],
  dtypes: { x: 'u32' },
  reference: columns,
  cases: [
    { name: 'one pixel', inputs: { x: [1, 1] }, attrs: { size: [5, 1], ...imageNet } },
    { name: 'same size', inputs: { x: [28, 14] }, attrs: { size: [28, 14], ...imageNet } },
    { name: 'enlarged', inputs: { x: [37, 14] }, attrs: { size: [112, 14], ...half } },
    { name: 'shrunk to one row', inputs: { x: [40, 67] }, attrs: { size: [1, 67], ...half } },
    { name: 'shrunk eightfold, prime', inputs: { x: [797, 14] }, attrs: { size: [98, 14], ...imageNet } },
  ],
  perf: [{ name: 'photo of 4032×3024, hub 518', inputs: { x: [3024, 686] }, attrs: { size: [518, 686], ...imageNet } }],
});

function bordered(inputs: Tensors, { size: [H, W], mean, std, border = [0, 0] }: PreprocessAttrs): { y: Expected } {
  const { type, data } = need(inputs, 'picture');
  const [PH, PW] = type.shape as [number, number];
  const place = (at: number, side: number) => (at < 0 ? -at : at >= side ? 2 * (side - 1) - at : at);
  const y = blank([H, W, 4]);
  for (let i = 0; i < H * W; i++) {
    for (const ty of bilinearTaps(Math.floor(i / W), PH + 2 * border[0], H, true)) {
      for (const tx of bilinearTaps(i % W, PW + 2 * border[1], W, true)) {
        const pixel = place(ty.at - border[0], PH) * PW + place(tx.at - border[1], PW);
        for (let c = 0; c < 3; c++) {
          const value = data[pixel * 4 + c] as number;
          y.values[4 * i + c]! += (ty.weight * tx.weight * value) / (std[c] as number);
          y.magnitude[4 * i + c]! += (tapScale(ty) * tapScale(tx) * value) / (std[c] as number);
        }
      }
    }
    for (let c = 0; c < 3; c++) {
      y.values[4 * i + c]! -= (mean[c] as number) / (std[c] as number);
      y.magnitude[4 * i + c]! += (mean[c] as number) / (std[c] as number);
    }
  }
  return { y };
}

export const borderedPictureSpec = defineSpec({
  op: borderedPicture,
  gate: GATE,
  half: [],
  dtypes: { picture: 'texture' },
  reference: bordered,
  cases: [
    { name: 'border of 3 and 5', inputs: { picture: [19, 23] }, attrs: { size: [16, 24], border: [3, 5], ...half } },
    { name: 'as wide as it may be', inputs: { picture: [4, 3] }, attrs: { size: [9, 8], border: [3, 2], ...half } },
    { name: 'no border', inputs: { picture: [7, 9] }, attrs: { size: [11, 5], ...half } },
  ],
  perf: [
    {
      name: 'ZoeDepth: 480×640 to 384×512',
      inputs: { picture: [480, 640] },
      attrs: { size: [384, 512], border: [46, 53], ...half },
    },
  ],
});
