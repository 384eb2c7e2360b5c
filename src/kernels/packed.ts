import gemmWgsl from '../../shaders/gemm_packed.wgsl?raw';
import type { Kernel } from './op.js';

/** The main file of a packed twin, by op and by the kernel that it is the twin of. */
const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gemm: { tiled: gemmWgsl },
  geglu: { tiled: gemmWgsl },
  transposed_conv: { tiled: gemmWgsl },
  patch_embed: { tiled: gemmWgsl },
};

/** The packed form of a kernel of an op, by its name there; undefined where it does not fit. */
export function packedForm(op: string, name: string, kernel: Kernel | undefined): Kernel | undefined {
  const file = FILES[op]?.[name];
  if (!kernel || !file) return undefined;
  const { files, tunables } = kernel;
  if (tunables['welem'] !== 'f16' || tunables['xelem'] !== 'f16') return undefined;
  return { ...kernel, files: [file, ...files.slice(1)] };
}
