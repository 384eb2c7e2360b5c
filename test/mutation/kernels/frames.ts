import { params, replace, type KernelMutant } from '../mutant.js';

const ring = ['31 frames in slots of a ring, and one of them twice'];
const middle = ['frames on both sides, prime pixels, odd vectors'];

const laid = ['a third of a map that falls below 0 in parts'];

/** Of attention over frames, of the gated linear layer beside it, and of windows of frames. */
export const frameMutants: readonly KernelMutant[] = [
  {
    name: 'scores in powers of e',
    op: 'temporal_attention',
    cases: ring,
    mutate: params(({ SCALE = 0 }) => ({ SCALE: SCALE / Math.LOG2E })),
  },
  {
    name: 'what queries have of the places left out',
    op: 'temporal_attention',
    cases: middle,
    mutate: replace('var score = vec4f(q[shares_at]);', 'var score = vec4f(0);'),
  },
  {
    name: 'the share of the frame at hand twice',
    op: 'temporal_attention',
    cases: ring,
    mutate: replace('select(share, vec4f(0), places == vec4u(own))', 'share'),
  },
  {
    name: 'scores of the first channels alone',
    op: 'temporal_attention',
    cases: ring,
    mutate: replace('i < SLICES; i++) { score', 'i < 1; i++) { score'),
  },
  {
    name: 'the frame at hand last',
    op: 'temporal_attention',
    cases: middle,
    mutate: replace('return min(frames[1], PLACES - 1);', 'return others();'),
  },
  {
    name: 'slots of the next places',
    op: 'temporal_attention',
    cases: ring,
    mutate: replace('return frames[4 + place];', 'return frames[min(5 + place, 3 + PLACES)];'),
  },
  {
    name: 'maps of a window without their shift',
    op: 'window_blend',
    cases: laid,
    mutate: replace('line[0] * depth[i] + line[1]', 'line[0] * depth[i]'),
  },
  {
    name: 'maps of a window that fall below 0',
    op: 'window_blend',
    cases: laid,
    mutate: replace('max(line[0] * depth[i] + line[1], 0.0)', '(line[0] * depth[i] + line[1])'),
  },
  {
    name: 'old maps and new ones swapped',
    op: 'window_blend',
    cases: laid,
    mutate: replace('mix(last[i], laid, line[2])', 'mix(laid, last[i], line[2])'),
  },
  {
    name: 'values and gates swapped',
    op: 'geglu',
    cases: ['prime rows, odd column tiles'],
    mutate: replace('sums.xy * gelu(sums).zw', 'sums.zw * gelu(sums).xy'),
  },
];
