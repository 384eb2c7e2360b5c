import { skyFill } from './sky_fill.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors): { y: Expected } {
  const [depth, sky] = [need(inputs, 'depth'), need(inputs, 'sky')];
  const land = [...depth.data].filter((_, i) => (sky.data[i] as number) < Math.fround(0.3)).sort((a, b) => a - b);
  const place = 0.99 * (land.length - 1);
  const [low, high] = [land[Math.floor(place)] as number, land[Math.ceil(place)] as number];
  const far = low + (high - low) * (place - Math.floor(place));
  const fills = land.length > 10 && depth.data.length - land.length > 10;
  const y = blank(depth.type.shape);
  depth.data.forEach((value, i) => {
    y.values[i] = fills && (sky.data[i] as number) >= Math.fround(0.3) ? far : value;
    y.magnitude[i] = Math.abs(y.values[i] as number);
  });
  return { y };
}

const positive = { depth: 'positive', sky: 'positive' } as const;

export const skyFillSpec = defineSpec({
  op: skyFill,
  gate: 8,
  half: [],
  reference,
  cases: [
    { name: 'most is sky', inputs: { depth: [9, 16], sky: [9, 16] }, attrs: {}, fill: positive },
    {
      name: 'eleven pixels of land, all of one depth',
      inputs: { depth: [4, 16], sky: [4, 16] },
      attrs: {},
      fill: { depth: (_, i) => (i < 11 ? 3 : 1e-3 * i), sky: (_, i) => (i < 11 ? 0.299 : 0.3) },
    },
    {
      name: 'ten pixels of land are too few',
      inputs: { depth: [4, 16], sky: [4, 16] },
      attrs: {},
      fill: { depth: 'positive', sky: (_, i) => (i < 10 ? 0 : 1) },
    },
    {
      name: 'ten pixels of sky are too few',
      inputs: { depth: [4, 16], sky: [4, 16] },
      attrs: {},
      fill: { depth: 'positive', sky: (_, i) => (i < 10 ? 1 : 0) },
    },
    {
      name: 'eleven pixels of sky, a rank of its own: 101 depths',
      inputs: { depth: [7, 16], sky: [7, 16] },
      attrs: {},
      fill: { depth: (next) => 100 * next(), sky: (_, i) => (i < 11 ? 5 : 0.1) },
    },
    {
      name: 'depths of every magnitude, many equal',
      inputs: { depth: [98, 70], sky: [98, 70] },
      attrs: {},
      fill: { depth: (next) => 10 ** Math.floor(8 * next() - 4), sky: (next) => (next() < 0.4 ? 1 : 0) },
    },
    { name: 'more than 65,536 pixels', inputs: { depth: [280, 252], sky: [280, 252] }, attrs: {}, fill: positive },
  ],
  perf: [
    { name: 'Depth Anything 3 mono 504', inputs: { depth: [378, 504], sky: [378, 504] }, attrs: {}, fill: positive },
  ],
});
