import type { KernelMutant } from '../mutant.js';
import { convMutants } from './conv.js';
import { depthAnything3Mutants } from './depth_anything_3.js';
import { doubtMutants } from './doubt.js';
import { frameMutants } from './frames.js';
import { gemmMutants } from './gemm.js';
import { gpuMutants } from './gpu.js';
import { pictureMutants } from './picture.js';
import { resizeMutants } from './resize.js';
import { steadyMutants } from './steady.js';
import { tokenMutants } from './tokens.js';
import { zoeMutants } from './zoe.js';

/** Seeded wrong kernels. */
export const kernelMutants: readonly KernelMutant[] = [
  ...gemmMutants,
  ...convMutants,
  ...resizeMutants,
  ...tokenMutants,
  ...pictureMutants,
  ...gpuMutants,
  ...zoeMutants,
  ...depthAnything3Mutants,
  ...frameMutants,
  ...doubtMutants,
  ...steadyMutants,
];
