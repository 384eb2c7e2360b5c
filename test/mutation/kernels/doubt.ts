import { replace, type KernelMutant } from '../mutant.js';

const channels = ['something in each channel, in another place'];
const edge = ['a picture of more pixels than are looked at, in steps of two, with an edge'];
const whole = ['scale and shift, more pixels than are fitted'];
const fading = ['parts that fade over more than a pixel'];
const inverse = ['inverse depth'];

/** Faults of the ops that say how far to trust a map. */
export const doubtMutants: readonly KernelMutant[] = [
  {
    name: 'the alpha channel seen',
    op: 'doubt_evidence',
    cases: channels,
    mutate: replace(
      'any(most - least > steps)',
      'any(most - least > steps) || picture[here.y * params.W + here.x].w > 5',
    ),
  },
  {
    name: 'blue not seen',
    op: 'doubt_evidence',
    cases: channels,
    mutate: replace('params.STEP_G, params.STEP_B', 'params.STEP_G, 1e9'),
  },
  {
    name: 'only the pixel itself seen',
    op: 'doubt_evidence',
    cases: channels,
    mutate: replace('* i32(params.APART)', '* 0'),
  },
  {
    name: 'the upper left corner in place of the whole picture',
    op: 'doubt_evidence',
    cases: edge,
    mutate: replace('* vec2u(params.W, params.H) / (2 * grid)', '/ 2'),
  },
  {
    name: 'no shift fitted',
    op: 'doubt_fit',
    cases: whole,
    mutate: replace('fit[1] = select(0.0, mean.y - scale * mean.x, params.SHIFT == 1)', 'fit[1] = 0.0'),
  },
  {
    name: 'products about 0 where a shift is fitted',
    op: 'doubt_fit',
    cases: whole,
    mutate: replace('select(vec2f(0), mean.xy, params.SHIFT == 1)', 'vec2f(0)'),
  },
  {
    name: 'estimates that end at once',
    op: 'doubt_distance',
    cases: fading,
    mutate: replace('return share.x * share.y;', 'return 1;'),
  },
  {
    name: 'estimates that fade at the borders of the map too',
    op: 'doubt_distance',
    cases: fading,
    mutate: replace('vec2f(1), top_left == vec2u(0)', 'vec2f(1), vec2<bool>(false)'),
  },
  {
    name: 'trust in pictures that show nothing',
    op: 'doubt',
    cases: inverse,
    mutate: replace('apart + BLANK * exp(-share[0] / ENOUGH)', 'apart'),
  },
  {
    name: 'the first two estimates alone',
    op: 'doubt',
    cases: inverse,
    mutate: replace('off = max(off, max(distance[place], aside[place]))', 'off = max(off, distance[place])'),
  },
  {
    name: 'infinity at the least value',
    op: 'doubt',
    cases: inverse,
    mutate: replace('+ MARGIN * spread', '+ 0.0 * spread'),
  },
];
