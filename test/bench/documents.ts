import type { BenchDocument, KernelResult, ModelResult, PeerResult } from '../../bench/document.js';
import { summarizeSamples } from '../../bench/statistics.js';

const ADAPTER = { vendor: 'vendor', architecture: 'arch', device: '', description: 'Test <GPU> & co', software: false };

export function kernelResult(changes: Partial<KernelResult> = {}): KernelResult {
  const kernel = changes.kernel ?? 'registers';
  const kase = changes.case ?? 'square';
  return {
    id: `gemm/${kernel} f32 ${kase}`,
    op: 'gemm',
    kernel,
    case: kase,
    shape: { x: [64, 64] },
    dtype: 'f32',
    flops: 2e9,
    bytes: 1e7,
    repeats: 3,
    ms: summarizeSamples(Array.from({ length: 20 }, (_, i) => 2 + 0.001 * (i % 5))),
    stable: true,
    gflops: 1000,
    gbs: 5,
    pctPeak: 50,
    pctRoof: 50,
    maxAbsErr: 1e-6,
    maxRelErr: 1e-7,
    gateRatio: 0.25,
    checked: 'all outputs',
    ok: true,
    ...changes,
  };
}

export function modelResult(changes: Partial<ModelResult> = {}): ModelResult {
  const ms = summarizeSamples([10, 11, 12]);
  return {
    id: 'tiny 14×14 f32',
    model: 'tiny',
    width: 14,
    height: 14,
    dtype: 'f32',
    flops: 1e9,
    loadMs: 100,
    compileMs: 40,
    uploadMs: 30,
    firstMs: 20,
    steadyMs: ms,
    gpuMs: ms,
    encodeMs: ms,
    stable: false,
    dispatches: 90,
    pipelines: 20,
    wgslBytes: 4e4,
    memory: { weights: 1e8, activations: 1.2e7, lowerBound: 1e7 },
    maxAbsErr: 1e-6,
    maxRelErr: 1e-6,
    gateRatio: 0.1,
    checked: 'recording tiny',
    ok: true,
    ...changes,
  };
}

export function peerResult(changes: Partial<PeerResult> = {}): PeerResult {
  return {
    id: 'gemm beside someone',
    date: '2026-01-02T03:04:05.000Z',
    commit: 'abc1234',
    peer: 'someone',
    version: '1.0.0',
    settings: { provider: 'webgpu' },
    case: 'gemm',
    timed: 'whole call',
    depthwise: { work: 'registers', ms: summarizeSamples([1, 2, 3]) },
    other: { firstMs: 100, ms: summarizeSamples([4, 5, 6]) },
    ratio: 2.5,
    maxDifference: 1e-6,
    ...changes,
  };
}

/** A network, with what both sides did before their last submits. */
export function watchedPeerResult(): PeerResult {
  const { depthwise, other, ...rest } = peerResult({ id: 'network beside someone', case: 'network' });
  const submit = (scale: number, submits: number, dispatches: number) => ({
    ms: summarizeSamples([0.4, 0.5, 0.6].map((ms) => ms * scale)),
    submits,
    dispatches,
    waits: 0,
  });
  return {
    ...rest,
    depthwise: {
      ...depthwise,
      cpuMs: summarizeSamples([2, 3, 4]),
      submit: submit(1, 1, 90),
      network: { dispatches: 90, pipelines: 20, activations: 1.2e7, lowerBound: 1e7 },
    },
    other: { ...other, cpuMs: summarizeSamples([11, 12, 13]), submit: submit(20, 12, 180) },
  };
}

export function benchDocument(changes: Partial<BenchDocument> = {}): BenchDocument {
  return {
    schema: 'depthwise-bench/2',
    date: '2026-01-02T03:04:05.000Z',
    tool: { version: '0.1.0', commit: 'abc1234' },
    env: {
      runtime: 'node',
      os: 'Linux',
      adapter: ADAPTER,
      features: ['timestamp-query'],
      limits: { maxBufferSize: 1 },
      versions: { webgpu: '1' },
    },
    clock: { source: 'timestamp-query', quantumNs: 65536 },
    protocol: {
      samples: 20,
      minPassMs: 2,
      quantaPerPass: 200,
      stableWithin: 0.02,
      warmUpBlocks: 10,
      warmUpMs: 10_000,
      order: 'ABBA',
      maxGflop: 4,
      rankSoftware: false,
    },
    peaks: { fmaF32: 2000, fmaF16: 4000, copyGBs: 100, workgroupGBs: 1000, dispatchUs: 5 },
    results: [kernelResult()],
    models: [modelResult()],
    peers: [peerResult()],
    skipped: [{ id: 'large', reason: 'more than 4 GFLOP' }],
    ...changes,
  };
}

/** The same document on a CPU. */
export function onSoftware(document: BenchDocument, rankSoftware = false): BenchDocument {
  return {
    ...document,
    env: { ...document.env, adapter: { ...ADAPTER, software: true } },
    protocol: { ...document.protocol, rankSoftware },
  };
}
