import { ModelMismatchError, quote } from '../errors.js';
import type { WeightTensor } from '../graph/graph.js';
import { WEIGHT_DTYPES } from './format/decode.js';
import type { NameMap } from './names.js';
import type { TensorTable } from './format/tensor_table.js';

/** What all scopes of one file share. */
interface Ledger {
  readonly table: TensorTable;
  readonly names: NameMap;
  readonly source: string;
  readonly used: Set<string>;
  readonly missing: Set<string>;
}

/** Tensors that a file lacks, and those it has too many. */
export interface Misfit {
  /** File name or URL. */
  readonly source: string;
  /** Model-side names. */
  readonly missing: readonly string[];
  /** Names in the file's own spelling. */
  readonly unused: readonly string[];
  /** Of the whole file. */
  readonly names: NameMap;
}

/**
 * The tensors of a checkpoint as a model sees them: by path, in the original spelling, with the shape it expects.
 * After building, `misfit` is where a file that does not fit the model is found out.
 */
export class Weights {
  readonly #ledger: Ledger;
  readonly #prefix: string;

  private constructor(ledger: Ledger, prefix: string) {
    this.#ledger = ledger;
    this.#prefix = prefix;
  }

  /**
   * @param source file name or URL, for messages
   * @param names model-side name → file tensors, from `mapNames`; for files that have the model's own names, none
   */
  static from(
    table: TensorTable,
    source: string,
    names: NameMap = new Map([...table.tensors.keys()].map((name) => [name, [name]])),
  ): Weights {
    return new Weights({ table, names, source, used: new Set(), missing: new Set() }, '');
  }

  /** The tensors under `path`, as `cd` would go there. */
  at(path: string | number): Weights {
    return new Weights(this.#ledger, this.#resolve(String(path)));
  }

  has(name: string): boolean {
    return this.#ledger.names.has(this.#resolve(name));
  }

  /**
   * The tensor at `name`, marked as used. One that the file lacks is noted, and reported with all others by `misfit`.
   * @throws ModelMismatchError `MODEL_SHAPE` when the file has another shape; it is never reshaped
   * @throws ModelMismatchError `MODEL_DTYPE` when its values are not floats of 16, 32 or 64 bits
   */
  get(name: string, shape: readonly number[]): WeightTensor {
    const full = this.#resolve(name);
    const { names, used, missing, source } = this.#ledger;
    const sources = names.get(full);
    if (!sources) {
      missing.add(full);
      return { name: full, shape, sources: [full] };
    }
    const have = this.shapeOf(name)!;
    if (have.length !== shape.length || have.some((dim, i) => dim !== shape[i])) {
      throw new ModelMismatchError(
        'MODEL_SHAPE',
        `${source}: tensor ${quote(sources.join(' + '))} should be [${shape.join(', ')}], and is [${have.join(', ')}].`,
        {
          source,
          tensor: full,
          expected: shape,
          actual: have,
          phase: 'build',
        },
      );
    }
    for (const part of sources) this.#checkDType(full, part);
    for (const part of sources) used.add(part);
    return { name: full, shape, sources };
  }

  /**
   * Shape of the tensor at `name`, or undefined where the file has none. Parts are stacked along the first dimension.
   */
  shapeOf(name: string): readonly number[] | undefined {
    const { names, table } = this.#ledger;
    const parts = names.get(this.#resolve(name))?.map((part) => table.tensors.get(part)!.shape);
    if (!parts || parts.length === 1) return parts?.[0];
    return [parts.reduce((rows, shape) => rows + (shape[0] ?? 0), 0), ...parts[0]!.slice(1)];
  }

  /** Tensors nobody asked for, in the file's own spelling, but for the model-side names that `allow` lists. */
  unused(allow: readonly RegExp[] = []): string[] {
    const { names, used } = this.#ledger;
    const left = [...names].filter(([name]) => !allow.some((pattern) => pattern.test(name)));
    return left.flatMap(([, sources]) => sources.filter((part) => !used.has(part)));
  }

  /** How the file differs from what a model asked for. `allow` as in `unused`. */
  misfit(allow: readonly RegExp[]): Misfit {
    const { names, missing, source } = this.#ledger;
    return { source, missing: [...missing], unused: this.unused(allow), names };
  }

  #resolve(name: string): string {
    if (this.#prefix === '') return name;
    return name === '' ? this.#prefix : `${this.#prefix}.${name}`;
  }

  #checkDType(name: string, part: string): void {
    const { table, source } = this.#ledger;
    const { dtype } = table.tensors.get(part)!;
    if (WEIGHT_DTYPES.has(dtype)) return;
    throw new ModelMismatchError(
      'MODEL_DTYPE',
      `${source}: tensor ${quote(part)} holds ${dtype} values; weights must be one of ` +
        `${[...WEIGHT_DTYPES].join(', ')}.`,
      {
        source,
        tensor: name,
        expected: [...WEIGHT_DTYPES],
        actual: dtype,
        phase: 'build',
      },
    );
  }
}
