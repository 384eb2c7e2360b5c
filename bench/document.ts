import type { AdapterSummary } from '../src/gpu/gpu.js';
import type { Summary } from './statistics.js';

/** Version of the format; a reader refuses any other. */
export const SCHEMA = 'depthwise-bench/2';

/** One run of the bench. Tables, pictures and comparisons are made from this and nothing else. */
export interface BenchDocument {
  readonly schema: typeof SCHEMA;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly tool: { readonly version: string; readonly commit: string };
  readonly env: Environment;
  readonly clock: ClockFacts;
  readonly protocol: Protocol;
  /** Ceilings measured in this run; absent when they were left out. */
  readonly peaks: Peaks;
  readonly results: readonly KernelResult[];
  readonly models: readonly ModelResult[];
  readonly peers: readonly PeerResult[];
  /** What was asked for and not measured, each with the reason. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

export interface Environment {
  /** `node` or the browser's own description of itself. */
  readonly runtime: string;
  readonly os: string;
  readonly adapter: AdapterSummary;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** Versions of what took part, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface ClockFacts {
  /** GPU timestamps, or differences of the time until the queue is done. */
  readonly source: 'timestamp-query' | 'queue';
  /** Step that every timestamp is a multiple of, as found by probing. */
  readonly quantumNs: number;
}

export interface Protocol {
  readonly samples: number;
  /**
   * A dispatch is repeated in one pass until the pass lasts this long and at least `quantaPerPass` steps of the clock.
   */
  readonly minPassMs: number;
  readonly quantaPerPass: number;
  /** Warm-up ends when three medians in a row agree this closely, or after `warmUpBlocks` blocks or `warmUpMs`. */
  readonly stableWithin: number;
  readonly warmUpBlocks: number;
  readonly warmUpMs: number;
  readonly order: 'ABBA';
  /** Dispatches of a kernel took turns on buffers that no cache holds together. */
  readonly cold?: boolean;
  /** Cases with more work than this are left out. */
  readonly maxGflop: number;
  /** Kernels may be ranked although the adapter is a CPU. */
  readonly rankSoftware: boolean;
}

/** Rates in GFLOP/s and GB/s, dispatch cost in µs. */
export interface Peaks {
  readonly fmaF32?: number;
  readonly fmaF16?: number;
  readonly copyGBs?: number;
  readonly workgroupGBs?: number;
  readonly dispatchUs?: number;
}

/** Distance from the f64 reference, on the part of the output that `checked` names. */
export interface Accuracy {
  readonly maxAbsErr: number;
  /** Largest |y - reference| over the largest |reference|. */
  readonly maxRelErr: number;
  /** Worst error in units of what the op's gate allows; at most 1 passes. */
  readonly gateRatio: number;
  readonly checked: string;
  readonly ok: boolean;
}

export interface KernelResult extends Accuracy {
  /** `op/kernel dtype case`; comparisons match on it. */
  readonly id: string;
  readonly op: string;
  readonly kernel: string;
  readonly case: string;
  readonly shape: Readonly<Record<string, readonly number[]>>;
  readonly dtype: 'f32' | 'f16';
  /** 2 × multiply-adds of the op as stated, whatever the kernel does. */
  readonly flops: number;
  /** Inputs read once and outputs written once. */
  readonly bytes: number;
  /** Dispatches in the pass of one sample. */
  readonly repeats: number;
  /** Sets of buffers that the dispatches took turns on, where caches were to be cold. */
  readonly copies?: number;
  /** Time of one dispatch. */
  readonly ms: Summary;
  /** Warm-up ended because the medians agreed. */
  readonly stable: boolean;
  /** At the median. */
  readonly gflops: number;
  readonly gbs: number;
  /** Percent of the measured f32 FMA ceiling, and of what the roofline allows at this intensity. */
  readonly pctPeak?: number;
  readonly pctRoof?: number;
}

export interface ModelResult extends Accuracy {
  readonly id: string;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly dtype: 'f32' | 'f16';
  readonly flops: number;
  /** Bytes in memory to a model ready to run, by the public door, on a device that has seen no pipeline. */
  readonly loadMs: number;
  /** All pipelines of the network alone. */
  readonly compileMs: number;
  /** Decoding, packing and uploading all weights. */
  readonly uploadMs: number;
  /** First run of the compiled network; some drivers compile only now. */
  readonly firstMs: number;
  /** Record, submit and wait. */
  readonly steadyMs: Summary;
  /** Time of the pass on the GPU, where there are timestamps. */
  readonly gpuMs?: Summary;
  /** Recording and submitting one run, on the CPU. */
  readonly encodeMs: Summary;
  readonly stable: boolean;
  readonly dispatches: number;
  readonly pipelines: number;
  readonly wgslBytes: number;
  readonly memory: { readonly weights: number; readonly activations: number; readonly lowerBound: number };
}

/** A peer beside Depthwise on the same work in the same process: both sets of samples, and their ratio. */
export interface PeerResult {
  readonly id: string;
  /** When and with which Depthwise it was measured: a document gathers the runs of a day. */
  readonly date: string;
  readonly commit: string;
  readonly peer: string;
  readonly version: string;
  /** How the peer was set up. */
  readonly settings: Readonly<Record<string, string>>;
  readonly case: string;
  /**
   * What one sample is: `whole call` from input in CPU memory to output in CPU memory, or `queue` until the GPU is
   * done.
   */
  readonly timed: string;
  readonly depthwise: {
    readonly work: string;
    readonly ms: Summary;
    readonly cpuMs?: Summary;
    readonly submit?: SubmitFacts;
    readonly network?: NetworkFacts;
  };
  readonly other: {
    readonly firstMs: number;
    readonly ms: Summary;
    /** Processor time of a call, all threads together, where the adapter is a CPU: no other process adds to it. */
    readonly cpuMs?: Summary;
    readonly submit?: SubmitFacts;
  };
  /** Peer's median over Depthwise's: above 1, Depthwise is faster. */
  readonly ratio: number;
  /** Largest difference of the two outputs over the range of the peer's; absent where outputs were not compared. */
  readonly maxDifference?: number;
}

/** What Depthwise made of a network, whatever the machine. */
export interface NetworkFacts {
  readonly dispatches: number;
  readonly pipelines: number;
  /** Bytes of activations, planned, and the least that any plan takes. */
  readonly activations: number;
  readonly lowerBound: number;
}

/**
 * What a call does before it reads its output back, in the samples of `ms`; absent where a side's queue cannot be seen.
 */
export interface SubmitFacts {
  /** From the start of the call until its last submit returned. */
  readonly ms: Summary;
  /** Of one call; medians over the samples. */
  readonly submits: number;
  readonly dispatches: number;
  /** Waits for the GPU that began before the last submit. */
  readonly waits: number;
}

/**
 * A document from JSON text.
 * @throws Error naming the first field that is missing or of the wrong kind
 */
export function parseDocument(text: string): BenchDocument {
  const document = JSON.parse(text) as BenchDocument;
  const fault = faultOf(document);
  if (fault) throw new Error(`This is no ${SCHEMA} document: ${fault}.`);
  return document;
}

type Shape = { readonly [field: string]: 'string' | 'number' | 'boolean' | 'object' | 'array' | Shape };

const SUMMARY: Shape = {
  min: 'number',
  median: 'number',
  p95: 'number',
  iqr: 'number',
  mad: 'number',
  n: 'number',
  samples: 'array',
};
const ACCURACY: Shape = {
  maxAbsErr: 'number',
  maxRelErr: 'number',
  gateRatio: 'number',
  checked: 'string',
  ok: 'boolean',
};
const DOCUMENT: Shape = {
  schema: 'string',
  date: 'string',
  tool: { version: 'string', commit: 'string' },
  env: {
    runtime: 'string',
    os: 'string',
    adapter: { vendor: 'string', description: 'string', software: 'boolean' },
    features: 'array',
    limits: 'object',
    versions: 'object',
  },
  clock: { source: 'string', quantumNs: 'number' },
  protocol: {
    samples: 'number',
    minPassMs: 'number',
    quantaPerPass: 'number',
    order: 'string',
    rankSoftware: 'boolean',
  },
  peaks: 'object',
  results: 'array',
  models: 'array',
  peers: 'array',
  skipped: 'array',
};
const RESULT: Shape = {
  id: 'string',
  op: 'string',
  kernel: 'string',
  case: 'string',
  shape: 'object',
  dtype: 'string',
  flops: 'number',
  bytes: 'number',
  repeats: 'number',
  ms: SUMMARY,
  gflops: 'number',
  gbs: 'number',
  ...ACCURACY,
};
const MODEL: Shape = {
  id: 'string',
  model: 'string',
  dtype: 'string',
  loadMs: 'number',
  compileMs: 'number',
  uploadMs: 'number',
  firstMs: 'number',
  steadyMs: SUMMARY,
  encodeMs: SUMMARY,
  dispatches: 'number',
  memory: { weights: 'number', activations: 'number', lowerBound: 'number' },
  ...ACCURACY,
};
const PEER: Shape = {
  id: 'string',
  date: 'string',
  commit: 'string',
  peer: 'string',
  version: 'string',
  settings: 'object',
  case: 'string',
  timed: 'string',
  depthwise: { work: 'string', ms: SUMMARY },
  other: { firstMs: 'number', ms: SUMMARY },
  ratio: 'number',
};

const NETWORK: Shape = { dispatches: 'number', pipelines: 'number', activations: 'number', lowerBound: 'number' };
const SUBMIT: Shape = { ms: SUMMARY, submits: 'number', dispatches: 'number', waits: 'number' };

/** The first fault of a document, in words; undefined when it is sound. */
export function faultOf(document: BenchDocument): string | undefined {
  const fault = misfit(document, DOCUMENT, 'document');
  if (fault) return fault;
  if (document.schema !== SCHEMA) return `schema is "${document.schema}"`;
  const lists = [
    ['results', RESULT],
    ['models', MODEL],
    ['peers', PEER],
  ] as const;
  for (const [name, shape] of lists) {
    const found = document[name]
      .map((entry, i) => misfit(entry, shape, `${name}[${i}]`))
      .find((text) => text !== undefined);
    if (found) return found;
  }
  return document.peers.map(optionalFault).find((text) => text !== undefined);
}

function optionalFault(peer: PeerResult, i: number): string | undefined {
  if ('maxDifference' in peer && typeof peer.maxDifference !== 'number')
    return `peers[${i}].maxDifference is not of kind number`;
  const { network } = peer.depthwise;
  const fault = network && misfit(network, NETWORK, `peers[${i}].depthwise.network`);
  if (fault) return fault;
  for (const side of ['depthwise', 'other'] as const) {
    for (const [name, shape] of [
      ['submit', SUBMIT],
      ['cpuMs', SUMMARY],
    ] as const) {
      const value = peer[side][name];
      const found = value && misfit(value, shape, `peers[${i}].${side}.${name}`);
      if (found) return found;
    }
  }
  return undefined;
}

function misfit(value: unknown, shape: Shape, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return `${path} is missing`;
  for (const [field, kind] of Object.entries(shape)) {
    const inner = (value as Record<string, unknown>)[field];
    if (typeof kind === 'object') {
      const fault = misfit(inner, kind, `${path}.${field}`);
      if (fault) return fault;
    } else if (kind === 'array' ? !Array.isArray(inner) : typeof inner !== kind || inner === null) {
      return `${path}.${field} is not of kind ${kind}`;
    }
  }
  return undefined;
}
