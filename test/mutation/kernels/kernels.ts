import type { KernelMutant } from '../mutant.js';
import { convMutants } from './conv.js';
import { gemmMutants } from './gemm.js';
import { pictureMutants } from './picture.js';
import { resizeMutants } from './resize.js';
import { tokenMutants } from './tokens.js';

/** Seeded wrong kernels that the default suite tells, but for those that compile slowly. */
export const kernelMutants: readonly KernelMutant[] = [
  ...gemmMutants,
  ...convMutants,
  ...resizeMutants,
  ...tokenMutants,
  ...pictureMutants,
];
