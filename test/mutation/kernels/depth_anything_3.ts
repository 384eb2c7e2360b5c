import { replace, tunables, type KernelMutant } from '../mutant.js';

const confidence = ['hidden 32, depth and confidence, with columns and rows added'];
const sky = ['most is sky'];
const magnitudes = ['depths of every magnitude, many equal'];

/** Faults of the ops that Depth Anything 3 alone has. */
export const depthAnything3Mutants: readonly KernelMutant[] = [
  {
    name: 'what belongs to rows added by columns',
    op: 'head',
    kernel: 'wide',
    cases: confidence,
    mutate: replace('c4 < half)', 'c4 >= half)'),
  },
  {
    name: 'columns and rows not added',
    op: 'head',
    kernel: 'wide',
    cases: confidence,
    mutate: replace(' + uv[line * half + c4 % half]', ' + 0.0 * uv[0]'),
  },
  {
    name: 'confidence from 0 on',
    op: 'head',
    kernel: 'wide',
    cases: confidence,
    mutate: replace('1.0 + exp(value.y)', 'exp(value.y)'),
  },
  {
    name: 'confidence of the channel of depth',
    op: 'head',
    kernel: 'wide',
    cases: confidence,
    mutate: replace('weight2[HIDDEN + n]', 'weight2[n]'),
  },
  {
    name: 'subgroup: confidence of the channel of depth',
    op: 'head',
    kernel: 'subgroup',
    cases: confidence,
    mutate: replace('weight2[LANES + lane]', 'weight2[lane]'),
  },
  {
    name: 'sky from 0.5 on',
    op: 'sky_fill',
    cases: sky,
    mutate: replace('THRESHOLD: f32 = 0.3', 'THRESHOLD: f32 = 0.5'),
  },
  { name: 'sky below the threshold', op: 'sky_fill', cases: sky, mutate: replace('sky[i] >= vec4f', 'sky[i] < vec4f') },
  { name: 'quantile 0.98', op: 'sky_fill', cases: sky, mutate: replace('99 * (max(land', '98 * (max(land') },
  {
    name: 'rank below, not between ranks',
    op: 'sky_fill',
    cases: sky,
    mutate: replace('f32(place % 100) / 100', '0.0'),
  },
  {
    name: 'quantile of sky and land',
    op: 'sky_fill',
    cases: ['eleven pixels of sky, a rank of its own: 101 depths', ...magnitudes],
    mutate: replace('sky[i][c] < THRESHOLD && leading == prefix', 'leading == prefix'),
  },
  {
    name: 'next rank among equal depths',
    op: 'sky_fill',
    cases: ['eleven pixels of land, all of one depth', ...magnitudes],
    mutate: replace('rank + 1 < equal || place % 100 == 0', 'place % 100 == 0'),
  },
  {
    name: 'filled for ten pixels of land',
    op: 'sky_fill',
    cases: ['ten pixels of land are too few'],
    mutate: replace('land > LEAST &&', 'land >= LEAST &&'),
  },
  {
    name: 'filled for ten pixels of sky',
    op: 'sky_fill',
    cases: ['ten pixels of sky are too few'],
    mutate: replace('- land > LEAST', '- land >= LEAST'),
  },
  { name: 'another factor', op: 'scale', cases: ['four values'], mutate: replace('* factor[0]', '* factor[1]') },
  {
    name: 'halves swapped',
    op: 'pair_norm',
    cases: ['prime rows, another scale of each'],
    mutate: replace('if (c < half)', 'if (c >= half)'),
  },
  {
    name: 'one row twice',
    op: 'row_pair',
    cases: ['two groups'],
    mutate: replace('second[i - params.C4]', 'first[i - params.C4]'),
  },
  { name: 'row not taken', op: 'first_row', cases: ['prime rows'], mutate: replace('y[i] = row[i];', 'y[i] = x[i];') },
  {
    name: 'halves to the even level where both sides are halved',
    op: 'picture_bytes',
    cases: ['halved'],
    mutate: replace('floor(mean + 0.5), halved)', 'round(mean), halved)'),
  },
  {
    name: 'halves down',
    op: 'picture_bytes',
    cases: ['halved'],
    mutate: replace('floor(mean + 0.5), halved)', 'ceil(mean - 0.5), halved)'),
  },
  { name: 'bicubic in place of area', op: 'picture_bytes', cases: ['a quarter'], mutate: tunables({ AREA: false }) },
  {
    name: 'pixels that are half covered count whole',
    op: 'picture_bytes',
    cases: ['prime sides, shrunk'],
    mutate: replace('return f32(covered) / f32(output);', 'return f32(covered > 0);'),
  },
  {
    name: 'overshoot not cut off',
    op: 'normalized_bytes',
    cases: ['a few rows more'],
    mutate: replace('clamp(round(sum), vec3f(0), vec3f(255))', 'round(sum)'),
  },
  {
    name: 'cubic a = -0.5',
    op: 'normalized_bytes',
    cases: ['a few rows more'],
    mutate: replace('cubic(py.fraction, -0.75)', 'cubic(py.fraction, -0.5)'),
  },
  {
    name: 'levels not rounded',
    op: 'normalized_bytes',
    cases: ['a few rows less'],
    mutate: replace('select(round(mean),', 'select(mean,'),
  },
];
