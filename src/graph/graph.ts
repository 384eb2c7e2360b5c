import { InternalError, UsageError } from '../errors.js';
import type { Op, Types } from '../kernels/op.js';
import { ensure, numel, show, type TensorType } from '../tensor.js';

/** A tensor that will exist when the graph runs. */
export interface Value {
  readonly graph: Graph;
  /** Identity of the memory: a view of a value has its id. */
  readonly id: number;
  readonly type: TensorType;
  readonly origin: Input | Constant | NodeOutput;
}

/** Bound by the caller at each run: a buffer, or a texture when its dtype is `texture`. */
export interface Input {
  readonly kind: 'input';
  readonly name: string;
}

/** Where the numbers of a constant come from: one tensor of the model, possibly stored in several pieces. */
export interface WeightTensor {
  /** Full name, in the spelling of the original checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Names of tensors in the file whose flat values, joined in order, are this tensor. */
  readonly sources: readonly string[];
}

/** A tensor of the model with its values, flat. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * How weights become a constant. Make one once, not at each use: constants of one key are one constant only where their
 * recipe is the same object.
 */
export interface Recipe<Params extends RecipeParams = RecipeParams> {
  readonly name: string;
  /**
   * Values in the layout the kernel reads, of a constant of this shape. They depend on nothing but the weights, which
   * are in order, and the parameters.
   */
  readonly pack: (weights: readonly StoredTensor[], shape: readonly number[], params: Params) => Float32Array;
}

/** What a recipe needs beside weights and shape. */
export type RecipeParams = Readonly<Record<string, number | string | boolean>>;

/** What a constant is made of, and how. */
export interface ConstantSpec<Params extends RecipeParams> {
  readonly recipe: Recipe<Params>;
  /** None unless given. */
  readonly params?: Params;
  readonly type: TensorType;
  readonly weights: readonly WeightTensor[];
  /** True when the packed values depend on the picture size, so the weights must stay at hand. */
  readonly perSize?: boolean;
}

/** A tensor made once from weights, shared by every graph of the model that has one of the same key. */
export interface Constant {
  readonly kind: 'constant';
  /** Weights, recipe, parameters and type. */
  readonly key: string;
  readonly type: TensorType;
  readonly weights: readonly WeightTensor[];
  readonly recipe: Recipe;
  readonly params: RecipeParams;
  readonly pack: (weights: readonly Float32Array[]) => Float32Array;
  readonly perSize: boolean;
}

export interface NodeOutput {
  readonly kind: 'node';
  readonly node: Node;
  readonly output: string;
}

/** One application of an op. */
export interface Node {
  readonly index: number;
  readonly op: Op;
  readonly attrs: unknown;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
  /** Path in the model the node belongs to, for listings and errors. */
  readonly label: string;
}

type ValuesOf<T extends Types> = { [K in keyof T]: undefined extends T[K] ? Value | undefined : Value };

/** A feed-forward network on symbolic values. Nodes are in the order of their making, which is topological. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Value>();
  readonly inputs = new Map<string, Value>();
  /** Storage type of activations and weights, where the model does not need f32. */
  readonly storage: 'f32' | 'f16';
  #values = 0;
  #scope: string[] = [];

  constructor(storage: 'f32' | 'f16' = 'f32') {
    this.storage = storage;
  }

  /** Declares a tensor or texture that is bound at run time. */
  input(name: string, type: TensorType): Value {
    const value = this.#value(type, { kind: 'input', name });
    this.inputs.set(name, value);
    return value;
  }

  /**
   * Declares a constant, or returns the one already declared of the same weights, recipe, parameters and type.
   * @throws InternalError `INTERNAL_CONSTANT` where that one has another recipe of the same name
   */
  constant<Params extends RecipeParams>(spec: ConstantSpec<Params>): Value {
    const { recipe, params = {} as Params, type, weights, perSize = false } = spec;
    const tensors = weights.map(({ name }) => name).join(' + ');
    const key = `${tensors} ${recipe.name} ${JSON.stringify(params)} ${show(type)}`.trimStart();
    const pack = (values: readonly Float32Array[]) =>
      recipe.pack(
        values.map((each, i) => ({ shape: weights[i]?.shape ?? [], values: each })),
        type.shape,
        params,
      );
    const constant: Constant = {
      kind: 'constant',
      key,
      type,
      weights,
      recipe: recipe as unknown as Recipe,
      params,
      pack,
      perSize,
    };
    const known = this.constants.get(key);
    if (known) {
      checkSameRecipe(known.origin as Constant, constant);
      return known;
    }
    const value = this.#value(type, constant);
    this.constants.set(key, value);
    return value;
  }

  /**
   * Applies an op; shapes are checked here, without a GPU.
   * @throws UsageError naming the place in the model, the op and the shapes
   */
  apply<In extends Types, Out extends Types, Attrs>(
    op: Op<In, Out, Attrs>,
    inputs: ValuesOf<In>,
    attrs: Attrs,
  ): { [K in keyof Out]: Value } {
    const present = Object.fromEntries(Object.entries(inputs).filter(([, v]) => v !== undefined)) as Record<
      string,
      Value
    >;
    const types = typesOf(present);
    const out = this.placed(Object.values(present), () => op.infer(types as In, attrs)) as Record<string, TensorType>;
    const outputs: Record<string, Value> = {};
    const node: Node = {
      index: this.nodes.length,
      op: op as unknown as Op,
      attrs,
      inputs: present,
      outputs,
      label: this.#scope.join('.'),
    };
    for (const [output, type] of Object.entries(out))
      outputs[output] = this.#value(type, { kind: 'node', node, output });
    this.nodes.push(node);
    return outputs as { [K in keyof Out]: Value };
  }

  /** Labels the nodes made by `build` with a path, for listings, profiles and errors. */
  scope<T>(name: string, build: () => T): T {
    this.#scope.push(name);
    try {
      return build();
    } finally {
      this.#scope.pop();
    }
  }

  /** What runs a build later, labelled with the scope that is open now. */
  hereLater(): <T>(build: () => T) => T {
    const scope = [...this.#scope];
    return (build) => {
      const outer = this.#scope;
      this.#scope = scope;
      try {
        return build();
      } finally {
        this.#scope = outer;
      }
    };
  }

  /** One line a node: label, op, output types. */
  toString(): string {
    const line = (n: Node) =>
      `${n.index} ${n.label} ${n.op.name} -> ${Object.values(n.outputs)
        .map((v) => show(v.type))
        .join(' ')}`;
    return this.nodes.map(line).join('\n');
  }

  /**
   * What `infer` gives. A shape error of its is told with the place in the model: the scope, and the weight of the
   * layer where there is one among the inputs.
   */
  placed<T>(inputs: readonly Value[], infer: () => T): T {
    try {
      return infer();
    } catch (error) {
      const weight = inputs.flatMap(({ origin }) => (origin.kind === 'constant' ? origin.weights : []))[0];
      const place = [this.#scope.join('.'), weight?.name ?? ''].filter((part) => part !== '').join(', ');
      if (!(error instanceof UsageError) || place === '') throw error;
      throw new UsageError(error.code, `${place}: ${error.message}`, { phase: 'build', cause: error });
    }
  }

  #value(type: TensorType, origin: Value['origin']): Value {
    return { graph: this, id: this.#values++, type, origin };
  }
}

/** Throws InternalError `INTERNAL_CONSTANT` where two constants of one key are made by different recipes. */
export function checkSameRecipe(known: Constant, constant: Constant): void {
  if (known.recipe === constant.recipe) return;
  throw new InternalError('INTERNAL_CONSTANT', `Constant "${constant.key}" is made by two recipes of one name.`);
}

/** The same memory read with another shape, e.g. tokens [H·W,C] as a map [H,W,C]. */
export function view(value: Value, shape: readonly number[]): Value {
  const message = () => `view: ${show(value.type)} cannot be read as [${shape.join(',')}].`;
  value.graph.placed([value], () => ensure(numel(shape) === numel(value.type.shape), message));
  return { ...value, type: { ...value.type, shape } };
}

/** Types of named values. */
export function typesOf(values: Readonly<Record<string, Value>>): Record<string, TensorType> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.type]));
}
