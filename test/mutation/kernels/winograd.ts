import { replace, type KernelMutant } from '../mutant.js';

const odd = ['prime sides, odd channel tiles', 'a subgroup tile + 1, four different pads'];

/** Faults of a kernel that a software adapter takes long to compile. */
export const winogradMutants: readonly KernelMutant[] = [
  {
    name: 'weights not halved',
    op: 'conv2d',
    kernel: 'winograd',
    cases: odd,
    mutate: replace('0.5 * (e0 + e2 + e1)', '(e0 + e2 + e1)'),
  },
  {
    name: 'one sign for all outputs of a tile',
    op: 'conv2d',
    kernel: 'winograd',
    cases: odd,
    mutate: replace(' != (local % 2 == 1 && j > 0)', ''),
  },
  {
    name: 'second pair of columns read as the first',
    op: 'conv2d',
    kernel: 'winograd',
    cases: odd,
    mutate: replace('* 2 + local / 4 % 2];', '* 2];'),
  },
];
