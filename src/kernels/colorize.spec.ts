import type { TensorType } from '../tensor.js';
import { colorize, type ColorizeAttrs } from './colorize.js';
import { depthTexture, rawDepthTexture, type DepthTextureAttrs } from './depth_texture.js';
import { blank, defineSpec, need, type Expected, type Fill, type Tensors } from './spec.js';

const GATE = 8;
/** In units of the gate, an allowed difference of 1. */
const ONE = 2 ** 24 / GATE;
/**
 * A step between neighbouring f16 numbers, relative, in units of the gate: stores to textures may cut off, as
 * llvmpipe's do.
 */
const F16 = 2 ** -10 * ONE;

/** Place of a value between two ends, held to 0…1; 0 when they are the same. */
function placeIn(value: number, low: number, high: number): number {
  return high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0;
}

function ends(range: Float64Array, span: 'full' | 'percentiles'): [number, number] {
  return span === 'full' ? [range[0] as number, range[1] as number] : [range[2] as number, range[3] as number];
}

function colors(inputs: Tensors, { span, target }: ColorizeAttrs): { colors: Expected } {
  const { type, data } = need(inputs, 'depth');
  const lut = need(inputs, 'lut').data;
  const [low, high] = ends(need(inputs, 'range').data, span);
  const y = blank(target === 'buffer' ? type.shape : [...type.shape, 4]);
  data.forEach((value, i) => {
    const scaled = 255 * placeIn(value, low, high);
    const entry = Math.floor(scaled);
    // In f32 a value on the border of two entries may take the lower one.
    const doubtful = Number.isFinite(value) && entry > 0 && entry < 255 && Math.abs(scaled - Math.round(scaled)) < 1e-4;
    for (let c = 0; c < 4; c++) {
      const color = Number.isFinite(value) ? (lut[4 * entry + c] as number) : 0;
      if (target === 'buffer') {
        y.values[i]! += Math.round(255 * color) * 256 ** c;
        y.magnitude[i]! += doubtful ? 256 ** (c + 1) * ONE : 0;
      } else {
        y.values[4 * i + c] = target === 'rgba8unorm' ? Math.round(255 * color) / 255 : color;
        y.magnitude[4 * i + c] = (doubtful ? ONE : 0) + (target === 'rgba16float' ? F16 : 0) * color;
      }
    }
  });
  return { colors: { ...y, shape: type.shape } };
}

function packed(inputs: Tensors, { span, nearer, format }: DepthTextureAttrs): { packed: Expected } {
  const { type, data } = need(inputs, 'depth');
  const [low, high] = ends(need(inputs, 'range').data, span);
  const y = blank([...type.shape, 4]);
  const limit = format === 'rgba16float' ? 65504 : Infinity;
  const rounding = format === 'rgba16float' ? F16 : 1;
  data.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    const place = placeIn(value, low, high);
    const clamped = Math.min(Math.max(value, -limit), limit);
    const nearness = nearer === 'larger' ? place : 1 - place;
    y.values.set([nearness, clamped, 0, 1], 4 * i);
    y.magnitude.set(
      [1 + rounding * Math.max(nearness, 2 ** -14), rounding * Math.max(Math.abs(clamped), 2 ** -14), 0, 0],
      4 * i,
    );
  });
  return { packed: { ...y, shape: type.shape } };
}

function raw(inputs: Tensors): { raw: Expected } {
  const { type, data } = need(inputs, 'depth');
  return { raw: { shape: type.shape, values: data, magnitude: new Float64Array(data.length) } };
}

const holes: Fill = (next, i) => (i % 7 === 3 ? [NaN, Infinity, -Infinity][i % 3]! : 6 * next() - 2);
const rangeOf =
  (...values: number[]): Fill =>
  (_, i) =>
    values[i] ?? 0;
/** Colours that are whole bytes, all different. */
const bytes: Fill = (_, i) => ((i * 37 + (i >> 2)) % 256) / 255;
const fill = { depth: holes, range: rangeOf(-2, 4, -1.5, 3), lut: bytes };
const inputs = (h: number, w: number) => ({ depth: [h, w], range: [8], lut: [256, 4] });

export const colorizeSpec = defineSpec<
  { depth: TensorType; range: TensorType; lut: TensorType },
  { colors: TensorType },
  ColorizeAttrs
>({
  op: colorize,
  gate: GATE,
  half: [],
  texelFormat: ({ target }) => (target === 'buffer' ? 'rgba8unorm' : target),
  reference: colors,
  cases: [
    { name: 'one pixel', inputs: inputs(1, 1), attrs: { span: 'full', target: 'buffer' }, fill },
    { name: 'bytes, prime sides', inputs: inputs(37, 41), attrs: { span: 'full', target: 'buffer' }, fill },
    {
      name: 'bytes, values past the range',
      inputs: inputs(19, 23),
      attrs: { span: 'percentiles', target: 'buffer' },
      fill,
    },
    {
      name: 'flat',
      inputs: inputs(5, 7),
      attrs: { span: 'full', target: 'buffer' },
      fill: { ...fill, depth: () => 3, range: rangeOf(3, 3, 3, 3) },
    },
    {
      name: 'the ends exactly',
      inputs: inputs(9, 8),
      attrs: { span: 'full', target: 'buffer' },
      fill: { ...fill, depth: (_, i) => (i % 2 ? 0.7 : 7.3), range: rangeOf(Math.fround(0.7), Math.fround(7.3)) },
    },
    {
      name: 'the largest values',
      inputs: inputs(9, 8),
      attrs: { span: 'full', target: 'buffer' },
      fill: { ...fill, depth: (next) => (next() - 0.5) * 6.8e38, range: rangeOf(-3.4e38, 3.4e38) },
    },
    { name: 'rgba8unorm texture', inputs: inputs(13, 67), attrs: { span: 'full', target: 'rgba8unorm' }, fill },
    {
      name: 'rgba16float texture',
      inputs: inputs(13, 67),
      attrs: { span: 'percentiles', target: 'rgba16float' },
      fill,
    },
    { name: 'rgba32float texture', inputs: inputs(67, 13), attrs: { span: 'full', target: 'rgba32float' }, fill },
  ],
  perf: [
    {
      name: 'a 1920×1080 canvas',
      inputs: inputs(1080, 1920),
      attrs: { span: 'full', target: 'rgba8unorm' },
      fill: { ...fill, depth: 'positive' },
    },
  ],
});

export const depthTextureSpec = defineSpec<
  { depth: TensorType; range: TensorType },
  { packed: TensorType },
  DepthTextureAttrs
>({
  op: depthTexture,
  gate: GATE,
  half: [],
  texelFormat: ({ format }) => format,
  reference: packed,
  cases: [
    {
      name: 'one pixel',
      inputs: { depth: [1, 1], range: [8] },
      attrs: { span: 'full', nearer: 'larger', format: 'rgba16float' },
      fill: { ...fill, depth: () => 1.5 },
    },
    {
      name: 'half floats, nearer is larger',
      inputs: { depth: [37, 41], range: [8] },
      attrs: { span: 'full', nearer: 'larger', format: 'rgba16float' },
      fill,
    },
    {
      name: 'floats, nearer is smaller, values past the range',
      inputs: { depth: [41, 37], range: [8] },
      attrs: { span: 'percentiles', nearer: 'smaller', format: 'rgba32float' },
      fill,
    },
    {
      name: 'past the largest half float',
      inputs: { depth: [3, 65], range: [8] },
      attrs: { span: 'full', nearer: 'smaller', format: 'rgba16float' },
      fill: { ...fill, depth: (next) => 2e5 * (next() - 0.5), range: rangeOf(-1e5, 1e5) },
    },
    {
      name: 'flat',
      inputs: { depth: [5, 7], range: [8] },
      attrs: { span: 'full', nearer: 'smaller', format: 'rgba32float' },
      fill: { ...fill, depth: () => 3, range: rangeOf(3, 3) },
    },
  ],
  perf: [
    {
      name: 'a 1920×1080 frame',
      inputs: { depth: [1080, 1920], range: [8] },
      attrs: { span: 'full', nearer: 'larger', format: 'rgba16float' },
      fill: { ...fill, depth: 'positive' },
    },
  ],
});

export const rawDepthTextureSpec = defineSpec<{ depth: TensorType }, { raw: TensorType }, object>({
  op: rawDepthTexture,
  gate: GATE,
  half: [],
  texelFormat: () => 'r32float',
  reference: raw,
  cases: [
    { name: 'one pixel', inputs: { depth: [1, 1] }, attrs: {} },
    { name: 'prime sides', inputs: { depth: [37, 41] }, attrs: {}, fill: 'outliers' },
  ],
  perf: [{ name: 'a 1920×1080 frame', inputs: { depth: [1080, 1920] }, attrs: {} }],
});
