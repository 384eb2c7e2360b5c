import { replace, type KernelMutant } from '../mutant.js';

const sixteen = ['sixteen attractors'];
const depth = ['with relative depth'];
const bordered = ['border of 3 and 5'];

export const zoeMutants: readonly KernelMutant[] = [
  {
    name: 'sum of the pulls for their mean',
    op: 'zoe_attract',
    cases: sixteen,
    mutate: replace('pull / f32(COUNT)', 'pull'),
  },
  { name: 'attractors of strength 1000', op: 'zoe_attract', cases: sixteen, mutate: replace('300 * d', '1000 * d') },
  {
    name: 'pairs divided by their sum',
    op: 'zoe_attract',
    cases: ['the first of each pair, places'],
    mutate: replace('max(raw, 0) + 0.001, NORMED)', '(max(raw, 0) + 0.001) / (max(raw, 0) + 1.002), NORMED)'),
  },
  {
    name: 'places past the range',
    op: 'zoe_attract',
    cases: ['places made metres'],
    mutate: replace('vec4f(params.LEAST), vec4f(params.MOST));', 'vec4f(-100), vec4f(100));'),
  },
  {
    name: 'edges for middles of bins',
    op: 'zoe_seeds',
    cases: ['places of widths'],
    mutate: replace('- 0.5 * w', ''),
  },
  {
    name: 'bins without the least width',
    op: 'zoe_seeds',
    cases: ['places of widths'],
    mutate: replace('max(x[at], vec4f(0)) + 0.001', 'max(x[at], vec4f(0))'),
  },
  { name: 'no temperature', op: 'zoe_depth', cases: depth, mutate: replace(' / temperature)', ')') },
  {
    name: 'relative depth left out',
    op: 'zoe_depth',
    cases: depth,
    mutate: replace('if (RELATIVE) {', 'if (false) {'),
  },
  {
    name: 'chances exchanged',
    op: 'zoe_depth',
    cases: depth,
    mutate: replace('share(parts.x, parts.y)', 'share(parts.y, parts.x)'),
  },
  { name: 'the other head', op: 'zoe_route', cases: ['indoor'], mutate: replace('>= logits[1]', '< logits[1]') },
  {
    name: 'ReLU on the sum',
    op: 'resized_features',
    cases: ['ReLU, then the residual'],
    mutate: replace('at % params.C4)) + added(at));', 'at % params.C4) + added(at)));'),
  },
  {
    name: 'edge of the picture repeated',
    op: 'bordered_picture',
    cases: bordered,
    mutate: replace('2 * last - i,', '2 * last - i + 1,'),
  },
  {
    name: 'half-pixel centres',
    op: 'bordered_picture',
    cases: bordered,
    mutate: replace(
      'return position(i32(at * (input - 1)), i32(max(output, 2) - 1));',
      'return half_pixel(at, input, output);',
    ),
  },
  {
    name: 'border kept in the map',
    op: 'resize_map',
    cases: ['without a border'],
    mutate: replace('index / params.W + params.TOP', 'index / params.W'),
  },
];
