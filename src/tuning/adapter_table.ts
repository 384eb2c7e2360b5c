import type { AdapterSummary } from '../gpu/gpu.js';

/** What is known of a class of adapters before anything is timed. */
interface Row {
  /** As WebGPU spells it in `GPUAdapterInfo.vendor`. */
  readonly vendor: string;
  /** Kernel to start from, by op. */
  readonly prefer: Readonly<Record<string, string>>;
}

/**
 * A row needs a source: a measurement on that class, or somebody's published one. Adapters without a row, NVIDIA, AMD
 * and Intel among them, start from the rule of each op. CPU adapters need none: every op has a rule for them.
 */
const TABLE: readonly Row[] = [
  // Products through tiles in workgroup memory lose 10 to 24 % on Mali-G715 (elizaOS#9715).
  { vendor: 'arm', prefer: { gemm: 'registers' } },
  // jax-js multiplies without workgroup memory and publishes more than 7 TFLOP/s on M4 Max, more than others in WGSL
  // there.
  { vendor: 'apple', prefer: { gemm: 'registers' } },
];

/** The kernel that an adapter of its class starts from; undefined leaves it to the op's own rule. */
export function preferredKernel({ vendor }: AdapterSummary, op: string): string | undefined {
  return TABLE.find((row) => row.vendor === vendor.toLowerCase())?.prefer[op];
}
