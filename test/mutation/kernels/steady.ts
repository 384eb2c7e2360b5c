import { replace, type KernelMutant } from '../mutant.js';

const turns = ['a camera that turns'];
const nearer = ['a camera that comes nearer, larger than the samples'];
const upright = ['a picture that is upright'];
const moves = ['a camera that moves'];
const back = ['a camera that moves fast, and back'];
const mutants = (op: string, list: readonly [name: string, cases: readonly string[], from: string, to: string][]) =>
  list.map(([name, cases, from, to]): KernelMutant => ({ name, op, cases, mutate: replace(from, to) }));

export const steadyMutants: readonly KernelMutant[] = [
  ...mutants('steady_motion', [
    ['one step missing', turns, 'step < params.STEPS', 'step + 1 < params.STEPS'],
    ['slopes over two pixels from the start', turns, 'step < WIDE', 'false'],
    ['all residuals weigh the same', nearer, '1 / (1 + off * off)', '1.0'],
    ['residual of the first step kept', nearer, 'residual = max(sums[27]', 'let unused = max(sums[27]'],
    ['a turn the other way', turns, 'turn -= ', 'turn += '],
    ['no damping', nearer, 'DAMPING * rows[row][row] + 1e-6', '1e-6'],
    [
      'a sum of the last invocations alone',
      nearer,
      'slots[8 * (local % SLOTS) + v] += mine[v]',
      'slots[8 * (local % SLOTS) + v] = mine[v]',
    ],
    ['rooms that end at the sky', turns, 'NO_SKY, clamp', 'SKY, clamp'],
    ['sky where there is a room', upright, 'clamp(low / ABOVE_SKY, 0, 1)', 'clamp(low, 0, 1)'],
    ['moves where few regions do', ['few regions move'], 'moving > FEW', 'moving > 0'],
    ['the first moves', ['the first'], 'last_fit[8] > 0 && params', 'params'],
    ['a view as wide as high', upright, 'max(sides.x, sides.y)', 'sides.x'],
    ['values that are not finite count', ['values that are not finite'], 'if (!finite(value)) { return none; }', ''],
  ]),
  ...mutants('steady_fit', [
    ['pull of one that stands', moves, 'select(ANCHOR, ANCHOR_MOVED, moved)', 'ANCHOR'],
    ['regions of one that stands', moves, 'select(FIELD, FIELD_MOVED, moved)', 'FIELD'],
    ['what was not seen is fitted', moves, 'both && moved.inside', 'both'],
    [
      'change of luma at one place',
      moves,
      'abs(moved.change)',
      'abs(luma[light_of(p.x, p.y)] - last_luma[light_of(p.x, p.y)])',
    ],
    ['no growth', moves, 'held + grown / motion[8]', 'held'],
  ]),
  ...mutants('steady_blend', [
    ['held at one place', moves, 'let before = place + flow(', 'let before = place + 0 * flow('],
    ['no limit of growth', back, 'clamp(disparity * shift.z, -MOST_GROWTH, MOST_GROWTH)', 'disparity * shift.z'],
    ['what was not seen is held', back, 'finite(held) && moved.inside', 'finite(held)'],
    ['luma of one place', moves, 'last_luma_at(before)', 'last_luma_at(place)'],
    ['pixels not mixed', moves, 'mix(corners.x, corners.y, a.part.x)', 'corners.x'],
  ]),
];
