import { GpuUnavailableError } from '../errors.js';
import { submitRead } from '../gpu/buffers.js';
import { adapterName, type Gpu } from '../gpu/gpu.js';
import { Executable } from '../graph/executor.js';
import { applicableKernels } from '../graph/kernel_choice.js';
import { Graph, type Node, type Value } from '../graph/graph.js';
import { attention } from '../kernels/attention.js';
import { conv2d, padding } from '../kernels/conv2d.js';
import { gemm } from '../kernels/gemm.js';
import { gemmLayerNorm } from '../kernels/gemm_layer_norm.js';
import { layerNorm } from '../kernels/layer_norm.js';
import type { DType } from '../tensor.js';
import { toHalf } from '../weights/format/decode.js';

/** A kernel with inputs whose result is known without its arithmetic. */
interface Question {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly y: Value;
  /** Inputs and result of a run, which differ from run to run. */
  readonly answer: (run: number) => {
    readonly inputs: Readonly<Record<string, Float32Array>>;
    readonly y: Float32Array;
  };
  /** Largest error accepted, relative to a result of 1 or more. 0 where sums of whole numbers leave no room for any. */
  readonly tolerance: number;
}

/** Some drivers get the first run right and later ones wrong (google-ai-edge/LiteRT#8065). */
const RUNS = 3;
/** Fits in f16, but not a sum of eight of them, and not its square: what is added up in f16 shows. */
const OUTLIER = 8192;
/** Ops whose kernels do nearly all the work, and none of which is like another. */
const MAIN = ['gemm', 'conv2d', 'attention', 'layer_norm'];
type Ask = (graph: Graph) => Question;
/**
 * By op. The others than the first are of sizes for which kernels are specialised otherwise, or take more than one
 * tile.
 */
const QUESTIONS: Readonly<Record<string, readonly [Ask, ...Ask[]]>> = {
  gemm: [(graph) => gemmQuestion(graph, [33, 40, 24]), (graph) => gemmQuestion(graph, [65, 24, 128])],
  conv2d: [(graph) => convQuestion(graph, [7, 9, 8, 12]), (graph) => convQuestion(graph, [9, 18, 8, 36])],
  attention: [(graph) => attentionQuestion(graph, 19), (graph) => attentionQuestion(graph, 130)],
  layer_norm: [normQuestion],
  gemm_layer_norm: [
    (graph) => gemmNormQuestion(graph, [33, 40, 24], 'sum'),
    (graph) => gemmNormQuestion(graph, [33, 40, 24], 'y'),
    (graph) => gemmNormQuestion(graph, [37, 24, 256], 'sum'),
    (graph) => gemmNormQuestion(graph, [37, 24, 256], 'y'),
  ],
};

/**
 * Asks the GPU a few things whose answers are known: three runs of the main kernels over the same buffers, with other
 * inputs each time, outliers among them.
 * @throws GpuUnavailableError `GPU_UNSOUND` naming the kernel that answers wrongly
 */
export async function checkSound(gpu: Gpu, storage: 'f32' | 'f16'): Promise<void> {
  const graph = new Graph(storage);
  await askAll(
    gpu,
    graph,
    MAIN.map((op) => (QUESTIONS[op] as [Ask])[0](graph)),
  );
}

/** Whether there is a question for an op. */
export function hasQuestion(op: string): boolean {
  return Object.hasOwn(QUESTIONS, op);
}

/**
 * Asks one kernel of an op as `checkSound` does. False when no question is one that the kernel applies to.
 * @throws GpuUnavailableError `GPU_UNSOUND` naming the kernel
 */
export async function checkKernel(gpu: Gpu, storage: 'f32' | 'f16', op: string, kernel: string): Promise<boolean> {
  const graph = new Graph(storage);
  const asks = (QUESTIONS[op] ?? []).filter((ask) => {
    const trial = new Graph(storage);
    ask(trial);
    return applicableKernels(trial.nodes[0] as Node).includes(kernel);
  });
  if (asks.length === 0) return false;
  await askAll(
    gpu,
    graph,
    asks.map((ask) => ({ ...ask(graph), name: `${op}/${kernel}` })),
    kernel,
  );
  return true;
}

async function askAll(gpu: Gpu, graph: Graph, questions: readonly Question[], kernel?: string): Promise<void> {
  const executable = await Executable.compile(graph, gpu, {
    keep: questions.map(({ y }) => y),
    kernel: () => kernel,
  });
  try {
    for (let run = 0; run < RUNS; run++) {
      // They go to the queue one after the other; only the waiting is shared.
      const asked = await Promise.allSettled(questions.map((question) => ask(gpu, executable, question, run)));
      for (const answer of asked) if (answer.status === 'rejected') throw answer.reason;
    }
  } finally {
    executable.dispose();
  }
}

async function ask(
  gpu: Gpu,
  executable: Executable,
  { name, inputs, y, answer, tolerance }: Question,
  run: number,
): Promise<void> {
  const right = answer(run);
  const bytes = await submitRead(gpu, 4 * right.y.length, (encoder) => {
    for (const [key, value] of Object.entries(inputs)) {
      const data = right.inputs[key] as Float32Array<ArrayBuffer>;
      gpu.device.queue.writeBuffer(executable.buffer(value), 0, value.type.dtype === 'f16' ? toHalf(data) : data);
    }
    executable.encode(encoder);
    return executable.buffer(y);
  });
  new Float32Array(bytes).forEach((actual, i) => {
    const expected = right.y[i] as number;
    if (Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected))) return;
    throw new GpuUnavailableError(
      'GPU_UNSOUND',
      `${adapterName(gpu.adapter)} computes wrongly: kernel "${name}", run ${run + 1}, gives ${actual} at ${i}; ${expected} is right.`,
      {
        hint: 'Use precision "f32", another browser or a newer driver.',
        expected,
        actual,
      },
    );
  });
}

/** Small whole numbers that change with the run, some of them large: exact in f16, and so are their sums in f32. */
function wholes(count: number, run: number, spread: number, outliers = false): Float32Array {
  return Float32Array.from({ length: count }, (_, i) =>
    outliers && (i + run) % 11 === 0
      ? i % 2
        ? -OUTLIER
        : OUTLIER
      : ((7 * i + 5 * run + (i >> 3)) % (2 * spread + 1)) - spread,
  );
}

function gemmQuestion(graph: Graph, [M, K, N]: readonly [number, number, number]): Question {
  const inputs = declare(graph, 'gemm', { x: [graph.storage, M, K], weight: [graph.storage, K, N], bias: ['f32', N] });
  const { y } = graph.apply(gemm, inputs, { out: 'f32' });
  return { name: 'gemm', inputs, y, answer: (run) => products(run, [M, 1, K, N, 1]), tolerance: 0 };
}

function convQuestion(graph: Graph, [H, W, C, N]: readonly [number, number, number, number]): Question {
  const inputs = declare(graph, 'conv2d', {
    x: [graph.storage, H, W, C],
    weight: [graph.storage, 3, 3, C, N],
    bias: ['f32', N],
  });
  const { y } = graph.apply(conv2d, inputs, { stride: 1, pad: padding(1), out: 'f32' });
  return { name: 'conv2d', inputs, y, answer: (run) => products(run, [H, W, C, N, 3]), tolerance: 0 };
}

/** x[H,W,C] convolved with weight[S,S,C,N], padded by (S-1)/2, plus bias[N]; S = 1 is a product of matrices. */
function products(run: number, [H, W, C, N, S]: readonly [number, number, number, number, number]) {
  const [x, weight, bias] = [wholes(H * W * C, run, 3, true), wholes(S * S * C * N, run + 1, 2), wholes(N, run, 9)] as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const half = (S - 1) / 2;
  const y = Float32Array.from({ length: H * W * N }, (_, i) => {
    const [n, px, py] = [i % N, Math.floor(i / N) % W, Math.floor(i / N / W)];
    let sum = bias[n] as number;
    for (let t = 0; t < S * S; t++) {
      const [sx, sy] = [px + (t % S) - half, py + Math.floor(t / S) - half];
      if (sx < 0 || sy < 0 || sx >= W || sy >= H) continue;
      for (let c = 0; c < C; c++) sum += (x[(sy * W + sx) * C + c] as number) * (weight[(t * C + c) * N + n] as number);
    }
    return sum;
  });
  return { inputs: { x, weight, bias }, y };
}

/**
 * Keys are rows of a Hadamard matrix and a query is ten times one of them, so attention picks that key's value. There
 * are no more than D such keys: among more tokens they stand in every tile of D, and the others are zero.
 */
function attentionQuestion(graph: Graph, T: number): Question {
  const [D, heads] = [64, 2];
  const C = D * heads;
  const token = (key: number) => key + D * (key % Math.max(1, Math.floor(T / D)));
  const sign = (t: number, d: number) => ([...(t & d).toString(2)].filter((bit) => bit === '1').length % 2 ? -1 : 1);
  const inputs = declare(graph, 'attention', { qkv: [graph.storage, T, 3 * C] });
  const { y } = graph.apply(attention, inputs, { heads, out: 'f32' });
  const answer = (run: number) => {
    const picked = (t: number) => token((3 * t + run) % Math.min(T, D));
    const values = wholes(T * C, run, 50, true);
    const qkv = new Float32Array(3 * T * C);
    for (let i = 0; i < T * C; i++) {
      const [t, c] = [Math.floor(i / C), i % C];
      qkv.set([10 * sign(picked(t) % D, c % D)], 3 * t * C + c);
      if (t === token(t % D)) qkv.set([sign(t % D, c % D)], 3 * t * C + C + c);
      qkv.set([values[i] as number], 3 * t * C + 2 * C + c);
    }
    return {
      inputs: { qkv },
      y: Float32Array.from({ length: T * C }, (_, i) => values[picked(Math.floor(i / C)) * C + (i % C)] as number),
    };
  };
  return { name: 'attention', inputs, y, answer, tolerance: 1e-5 };
}

/** Rows of mean ± spread, half of each: normalised, they are ±1. The squares of the spreads do not fit in f16. */
function normQuestion(graph: Graph): Question {
  const [T, C] = [5, 40];
  const inputs = declare(graph, 'layer_norm', { x: ['f32', T, C], gamma: ['f32', C], beta: ['f32', C] });
  const { y } = graph.apply(layerNorm, inputs, { eps: 1e-6, out: 'f32' });
  const answer = (run: number) => {
    const [gamma, beta] = [wholes(C, run, 4), wholes(C, run + 1, 4)] as [Float32Array, Float32Array];
    const side = (i: number) => ((i + run) % 2 ? -1 : 1);
    const x = Float32Array.from(
      { length: T * C },
      (_, i) => 100 * (Math.floor(i / C) - run) + side(i) * (300 + 125 * Math.floor(i / C)),
    );
    return {
      inputs: { x, gamma, beta },
      y: Float32Array.from(x, (_, i) => side(i) * (gamma[i % C] as number) + (beta[i % C] as number)),
    };
  };
  return { name: 'layer_norm', inputs, y, answer, tolerance: 1e-4 };
}

/** A product with whole numbers for its epilogue: the sums are exact, and their rows normalised nearly so. */
function gemmNormQuestion(graph: Graph, [M, K, N]: readonly [number, number, number], asked: 'sum' | 'y'): Question {
  const eps = 1e-6;
  const inputs = declare(graph, 'gemm_layer_norm', {
    x: [graph.storage, M, K],
    weight: [graph.storage, K, N],
    affine: ['f32', 2, N],
    residual: ['f32', M, N],
    norm: ['f32', 2, N],
  });
  const outputs = graph.apply(gemmLayerNorm, inputs, { eps, out: 'f32' });
  const answer = (run: number) => {
    const {
      inputs: { x, weight, bias },
      y: product,
    } = products(run, [M, 1, K, N, 1]);
    const [gamma, residual, norm] = [wholes(N, run, 2), wholes(M * N, run, 9), wholes(2 * N, run + 1, 4)] as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const sum = Float32Array.from(residual, (value, i) => value + (gamma[i % N] as number) * (product[i] as number));
    return {
      inputs: { x, weight, affine: Float32Array.of(...bias, ...gamma), residual, norm },
      y: asked === 'sum' ? sum : normalized(sum, norm, N, eps),
    };
  };
  return { name: 'gemm_layer_norm', inputs, y: outputs[asked], answer, tolerance: asked === 'sum' ? 0 : 1e-4 };
}

/** Rows of N values with mean 0 and variance 1, times norm[0,N], plus norm[1,N]. */
function normalized(rows: Float32Array, norm: Float32Array, N: number, eps: number): Float32Array {
  const out = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += N) {
    const row = rows.subarray(at, at + N);
    const mean = row.reduce((sum, value) => sum + value, 0) / N;
    const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / N + eps);
    out.set(
      row.map((value, i) => ((value - mean) / deviation) * (norm[i] as number) + (norm[N + i] as number)),
      at,
    );
  }
  return out;
}

function declare<Names extends string>(
  graph: Graph,
  prefix: string,
  shapes: Readonly<Record<Names, readonly [DType, ...number[]]>>,
): Record<Names, Value> {
  const entries = Object.entries(shapes) as [Names, readonly [DType, ...number[]]][];
  return Object.fromEntries(
    entries.map(([name, [dtype, ...shape]]) => [
      name,
      graph.input(`${prefix} ${name} ${graph.inputs.size}`, { dtype, shape }),
    ]),
  ) as Record<Names, Value>;
}
