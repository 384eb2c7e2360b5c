import type { AdapterSummary } from '../gpu/gpu.js';

/**
 * The kernel to start from, by vendor as WebGPU spells it in `GPUAdapterInfo.vendor` and by op. A row needs a source: a
 * measurement on that class of adapters, or somebody's published one. Adapters without a row, NVIDIA, AMD and Intel
 * among them, start from the rule of each op. CPU adapters need none: every op has a rule for them.
 */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Products through tiles in workgroup memory lose 10 to 24 % on Mali-G715 (elizaOS#9715).
  arm: { gemm: 'registers' },
  // jax-js multiplies without workgroup memory and publishes more than 7 TFLOP/s on M4 Max, more than others in WGSL
  // there.
  apple: { gemm: 'registers' },
};

/** The kernel that an adapter of its class starts from; undefined leaves it to the op's own rule. */
export function preferredKernel({ vendor }: AdapterSummary, op: string): string | undefined {
  return TABLE[vendor.toLowerCase()]?.[op];
}
