import gemmWgsl from '../../shaders/gemm_packed.wgsl?raw';
import type { Kernel } from './op.js';

/**
 * A kernel whose weights and input are of f16 multiplies them in f16, and adds up short runs of products there: a GPU
 * that has vectors of two f16 takes half the time for them. The error of a run is bounded in `KernelSpec.run`. A sum
 * past f16 is computed again in f32, so whatever the sizes of activations, none is cut off. WebGPU does not tell how
 * fast f16 is: only tuning picks these.
 *
 * Their main files, by op and by the kernel that each is the twin of.
 */
const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gemm: { tiled: gemmWgsl },
  transposed_conv: { tiled: gemmWgsl },
};

/** Products that a sum takes in a turn: of one, loops take a larger part, and of four compilers copy every sum. */
const DEPTH = 2;

/** The packed form of a kernel of an op, by its name there; undefined where it does not fit. */
export function formOf(op: string, name: string, kernel: Kernel | undefined): Kernel | undefined {
  const file = FILES[op]?.[name];
  if (!kernel || !file) return undefined;
  const { files, tunables } = kernel;
  if (tunables['welem'] !== 'f16' || tunables['xelem'] !== 'f16') return undefined;
  return { ...kernel, files: [file, ...files.slice(1)], tunables: { ...tunables, DEPTH } };
}
