import type { Graph, Recipe, Value, WeightTensor } from '../../graph/graph.js';
import { fitsLayerNorm, gemmLayerNorm } from '../../kernels/gemm_layer_norm.js';
import { tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear, linearWeight, vector } from './layers.js';
import { layerNorm } from './transformer.js';

/** A value that is made when it is first read. */
export type Lazy = () => Value;

/** The end of a branch beside the stream: a linear layer that takes this input, and is not applied yet. */
export interface BranchEnd {
  readonly input: Value;
  /** Of the linear layer. */
  readonly weights: Weights;
}

/** A stream that is made, and layer norms that came with it. */
interface Made {
  readonly sum: Value;
  readonly normed: ReadonlyMap<Weights, Value>;
}

/** A layer norm that is read of the stream. */
interface Norm {
  readonly weights: Weights;
  readonly eps: number;
}

/** Norms of one eps that the product before them can make as well. */
const MOST_NORMS = 2;

/**
 * The residual stream [T,C] of a transformer, f32, at one place. The linear layer whose result is added there is
 * applied when the first norm behind it is read, and makes the norms that were asked for by then in the same dispatch.
 * So a block is written as in its paper, x + branch(norm(x)), and takes one dispatch for the end of a branch and the
 * norms behind it.
 */
export class ResidualStream {
  readonly channels: number;
  readonly #graph: Graph;
  readonly #make: (norms: readonly Norm[]) => Made;
  readonly #eps: number;
  readonly #asked: Norm[] = [];
  #made: Made | undefined;

  private constructor(graph: Graph, channels: number, eps: number, make: (norms: readonly Norm[]) => Made) {
    this.#graph = graph;
    this.channels = channels;
    this.#eps = eps;
    this.#make = make;
  }

  /** The stream where it begins. @param eps of its norms, where none other is given */
  static of(x: Value, eps: number): ResidualStream {
    return new ResidualStream(x.graph, tokens2(x.type)[1], eps, () => ({ sum: x, normed: new Map() }));
  }

  /** The layer norm of the stream. Of norms that are asked for before one is read, the dispatch before makes two. */
  norm(weights: Weights, eps = this.#eps): Lazy {
    const norm = { weights, eps };
    const later = this.#graph.hereLater();
    this.#asked.push(norm);
    let value: Value | undefined;
    return () => (value ??= later(() => this.#read(norm)));
  }

  /** The stream itself, f32. Read it after the norms, so that they are made in the dispatch that makes it. */
  value(): Lazy {
    return () => this.#apply(this.#asked).sum;
  }

  /** The stream + scale · linear(input), with the LayerScale factors [C], which are 1 unless given. */
  plus(end: BranchEnd, scale?: WeightTensor): ResidualStream {
    const later = end.input.graph.hereLater();
    return new ResidualStream(this.#graph, this.channels, this.#eps, (norms) =>
      later(() => endOfBranch(end, this.#apply(this.#asked).sum, scale, norms)),
    );
  }

  #read(norm: Norm): Value {
    const { sum, normed } = this.#apply([norm, ...this.#asked.filter((other) => other !== norm)]);
    return normed.get(norm.weights) ?? layerNorm(sum, norm.weights, { eps: norm.eps });
  }

  #apply(norms: readonly Norm[]): Made {
    const alike = norms.filter(({ eps }) => eps === norms[0]?.eps);
    return (this.#made ??= this.#make(alike.slice(0, MOST_NORMS)));
  }
}

/** residual + scale · linear(input), and its norms where a row fits a workgroup. */
function endOfBranch(
  { input, weights }: BranchEnd,
  residual: Value,
  scale: WeightTensor | undefined,
  norms: readonly Norm[],
): Made {
  const { graph } = input;
  const [, C] = tokens2(residual.type);
  const eps = norms[0]?.eps;
  if (eps === undefined || !fitsLayerNorm(C))
    return {
      sum: linear(input, weights, { residual, gamma: scale && vector(graph, scale), out: 'f32' }),
      normed: new Map(),
    };
  const bias = weights.get('bias', [C]);
  const affine = scale ? stacked(graph, [bias, scale]) : unscaled(graph, bias);
  const norm = stacked(
    graph,
    norms.flatMap((each) => [each.weights.get('weight', [C]), each.weights.get('bias', [C])]),
  );
  const inputs = { x: input, weight: linearWeight(input, weights), affine, residual, norm };
  const { sum, y, tap } = graph.apply(gemmLayerNorm, inputs, { eps, out: graph.storage });
  const made = [y, tap].map((value, i) => [norms[i]?.weights, value] as [Weights, Value]);
  return { sum: sum as Value, normed: new Map(made.slice(0, norms.length)) };
}

const rows: Recipe = {
  name: 'rows',
  pack: (tensors) => Float32Array.from(tensors.flatMap(({ values }) => [...values])),
};

const biasAndOnes: Recipe = {
  name: 'bias and ones',
  pack: ([bias], shape) => new Float32Array(2 * (shape[1] as number)).fill(1).map((one, i) => bias?.values[i] ?? one),
};

/** The bias and scale [2,C] of a branch without LayerScale. */
function unscaled(graph: Graph, bias: WeightTensor): Value {
  const type = { dtype: 'f32', shape: [2, ...bias.shape] } as const;
  return graph.constant({ recipe: biasAndOnes, type, weights: [bias] });
}

/** Vectors of one length as the rows of a constant, f32. */
export function stacked(graph: Graph, vectors: readonly WeightTensor[]): Value {
  const type = { dtype: 'f32', shape: [vectors.length, ...(vectors[0]?.shape ?? [])] } as const;
  return graph.constant({ recipe: rows, type, weights: vectors });
}
