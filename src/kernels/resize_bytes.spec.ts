import type { TensorType } from '../tensor.js';
import type { PreprocessAttrs } from './preprocess.js';
import { byteRounding, cubicTaps, type Tap } from './resample.spec.js';
import { normalizedBytes, pictureBytes } from './resize_bytes.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

const GATE = 16;
/** In units of the gate, an allowed difference of 1. */
const ONE = 2 ** 24 / GATE;

type Sides = readonly [height: number, width: number];
type Byte = ReturnType<typeof byteRounding>;

/** Taps of cv2's INTER_AREA: how much of each input pixel an output pixel covers. */
function areaTaps(at: number, input: number, output: number): Tap[] {
  const [from, to] = [(at * input) / output, ((at + 1) * input) / output];
  return Array.from({ length: input }, (_, i) => ({
    at: i,
    weight: (Math.max(0, Math.min(to, i + 1) - Math.max(from, i)) * output) / input,
  })).filter(({ weight }) => weight > 0);
}

/** Pixels [H·W] of 8-bit levels resized as cv2 does, of one channel. */
function resized(level: (index: number) => number, [PH, PW]: Sides, [H, W]: Sides): Byte[] {
  const taps = H <= PH && W <= PW ? areaTaps : cubicTaps;
  const halved = PH === 2 * H && PW === 2 * W;
  return Array.from({ length: H * W }, (_, i) => {
    let exact = 0;
    for (const y of taps(Math.floor(i / W), PH, H))
      for (const x of taps(i % W, PW, W)) exact += y.weight * x.weight * level(y.at * PW + x.at);
    // Quarters are exact, and halves go up.
    return halved ? { byte: Math.floor(exact + 0.5), slack: 0 } : byteRounding(exact);
  });
}

function bytes(inputs: Tensors, { size }: { readonly size: Sides }): { y: Expected } {
  const { type, data } = need(inputs, 'picture');
  const y = blank(size);
  y.values.fill(255 * 2 ** 24);
  for (let c = 0; c < 3; c++) {
    const level = (index: number) => Math.round(255 * (data[4 * index + c] as number));
    resized(level, type.shape as unknown as Sides, size).forEach(({ byte, slack }, i) => {
      y.values[i]! += byte * 256 ** c;
      y.magnitude[i]! += slack * 256 ** c * ONE;
    });
  }
  return { y };
}

function normalized(inputs: Tensors, { size, mean, std }: PreprocessAttrs): { y: Expected } {
  const { type, data } = need(inputs, 'x');
  const y = blank([...size, 4]);
  for (let c = 0; c < 3; c++) {
    const level = (index: number) => Math.floor((data[index] as number) / 256 ** c) % 256;
    resized(level, type.shape as unknown as Sides, size).forEach(({ byte, slack }, i) => {
      y.values[4 * i + c] = (byte / 255 - (mean[c] as number)) / (std[c] as number);
      y.magnitude[4 * i + c] = (byte / 255 + (mean[c] as number) + (slack / 255) * ONE) / (std[c] as number);
    });
  }
  return { y };
}

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

export const pictureBytesSpec = defineSpec<{ picture: TensorType }, { y: TensorType }, { readonly size: Sides }>({
  op: pictureBytes,
  gate: GATE,
  half: [],
  dtypes: { picture: 'texture' },
  reference: bytes,
  cases: [
    { name: 'one pixel, enlarged', inputs: { picture: [1, 1] }, attrs: { size: [3, 5] } },
    { name: 'same size', inputs: { picture: [14, 42] }, attrs: { size: [14, 42] } },
    { name: 'halved', inputs: { picture: [64, 36] }, attrs: { size: [32, 18] } },
    { name: 'a quarter', inputs: { picture: [40, 32] }, attrs: { size: [10, 8] } },
    { name: 'prime sides, shrunk', inputs: { picture: [101, 67] }, attrs: { size: [38, 25] } },
    { name: 'shrunk across alone', inputs: { picture: [28, 61] }, attrs: { size: [28, 56] } },
    { name: 'prime sides, enlarged', inputs: { picture: [23, 37] }, attrs: { size: [61, 97] } },
    { name: 'one side grows', inputs: { picture: [50, 56] }, attrs: { size: [56, 42] } },
  ],
  perf: [{ name: 'photo of 4032×3024, 504', inputs: { picture: [3024, 4032] }, attrs: { size: [378, 504] } }],
});

export const normalizedBytesSpec = defineSpec<{ x: TensorType }, { y: TensorType }, PreprocessAttrs>({
  op: normalizedBytes,
  gate: GATE,
  half: [],
  dtypes: { x: 'u32' },
  reference: normalized,
  cases: [
    { name: 'same size', inputs: { x: [28, 14] }, attrs: { size: [28, 14], ...imageNet } },
    { name: 'a few rows less', inputs: { x: [61, 28] }, attrs: { size: [56, 28], ...imageNet } },
    { name: 'a few rows more', inputs: { x: [37, 28] }, attrs: { size: [42, 28], ...imageNet } },
  ],
  perf: [{ name: '16:9, 504', inputs: { x: [284, 504] }, attrs: { size: [280, 504], ...imageNet } }],
});
