import { gemmSpec } from '../../src/kernels/gemm.spec.js';
import type { KernelSpec } from '../../src/kernels/spec.js';

/** Every kernel spec; a test holds that no op is missing. */
export const specs = [gemmSpec] as unknown as readonly KernelSpec[];
