import { ModelMismatchError, quote } from '../errors.js';
import type { WeightTensor } from '../graph/graph.js';
import { WEIGHT_DTYPES } from './decode.js';
import type { NameMap } from './names.js';
import type { SafetensorsHeader } from './safetensors.js';

/** What all scopes of one file share. */
interface Ledger {
  readonly header: SafetensorsHeader;
  readonly names: NameMap;
  readonly source: string;
  readonly used: Set<string>;
  readonly missing: Set<string>;
}

const MAX_LISTED = 5;

/**
 * The tensors of a checkpoint as a model sees them: by path, in the original spelling, with the shape it expects.
 * After building, `unused` is where a file that does not fit the model is found out.
 */
export class Weights {
  readonly #ledger: Ledger;
  readonly #prefix: string;

  private constructor(ledger: Ledger, prefix: string) {
    this.#ledger = ledger;
    this.#prefix = prefix;
  }

  /**
   * @param names model-side name → file tensors, from `mapNames`
   * @param source file name or URL, for messages
   */
  static from(header: SafetensorsHeader, names: NameMap, source: string): Weights {
    return new Weights({ header, names, source, used: new Set(), missing: new Set() }, '');
  }

  /** The tensors under `path`, as `cd` would go there. */
  at(path: string | number): Weights {
    return new Weights(this.#ledger, this.#resolve(String(path)));
  }

  has(name: string): boolean {
    return this.#ledger.names.has(this.#resolve(name));
  }

  /**
   * The tensor at `name`, marked as used. One that the file lacks is noted, and reported with all others by `unused`.
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
      throw new ModelMismatchError('MODEL_SHAPE', `${source}: tensor ${quote(full)} should be [${shape.join(', ')}], and is [${have.join(', ')}].`, {
        source, tensor: full, expected: shape, actual: have, phase: 'build',
      });
    }
    for (const part of sources) this.#checkDType(full, part);
    for (const part of sources) used.add(part);
    return { name: full, shape, sources };
  }

  /** Shape of the tensor at `name`, or undefined where the file has none. Parts are stacked along the first dimension. */
  shapeOf(name: string): readonly number[] | undefined {
    const { names, header } = this.#ledger;
    const parts = names.get(this.#resolve(name))?.map((part) => header.tensors.get(part)!.shape);
    if (!parts || parts.length === 1) return parts?.[0];
    return [parts.reduce((rows, shape) => rows + (shape[0] ?? 0), 0), ...parts[0]!.slice(1)];
  }

  /**
   * Checks that the file had every tensor asked for, and lists those nobody asked for.
   * @param allow model-side names that a model of this kind leaves aside
   * @returns names in the file's own spelling
   * @throws ModelMismatchError `MODEL_MISSING_TENSOR`, with up to 5 names, their number, and the nearest names of the file
   */
  unused(allow: readonly RegExp[] = []): string[] {
    const { names, used, missing } = this.#ledger;
    if (missing.size > 0) throw this.#missingError();
    const left: string[] = [];
    for (const [name, sources] of names) {
      if (!allow.some((pattern) => pattern.test(name))) left.push(...sources.filter((part) => !used.has(part)));
    }
    return left;
  }

  #resolve(name: string): string {
    if (this.#prefix === '') return name;
    return name === '' ? this.#prefix : `${this.#prefix}.${name}`;
  }

  #checkDType(name: string, part: string): void {
    const { header, source } = this.#ledger;
    const { dtype } = header.tensors.get(part)!;
    if (WEIGHT_DTYPES.has(dtype)) return;
    throw new ModelMismatchError('MODEL_DTYPE', `${source}: tensor ${quote(part)} holds ${dtype} values; weights must be one of ${[...WEIGHT_DTYPES].join(', ')}.`, {
      source, tensor: name, expected: [...WEIGHT_DTYPES], actual: dtype, phase: 'build',
    });
  }

  #missingError(): ModelMismatchError {
    const { names, missing, source, used } = this.#ledger;
    const listed = [...missing].slice(0, MAX_LISTED);
    const more = missing.size > listed.length ? ` and ${missing.size - listed.length} more` : '';
    const free = [...names.keys()].filter((name) => !names.get(name)!.every((part) => used.has(part)));
    const near = nearest(listed[0]!, free.length > 0 ? free : [...names.keys()]);
    const hint = near.length > 0 ? `Nearest to the first: ${near.map(quote).join(', ')}.` : 'The file holds no tensors.';
    return new ModelMismatchError('MODEL_MISSING_TENSOR', `${source}: the file lacks ${missing.size} tensor${missing.size > 1 ? 's' : ''} of the model: ${listed.map(quote).join(', ')}${more}.`, {
      hint, source, tensor: listed[0]!, expected: [...missing], actual: near, phase: 'build',
    });
  }
}

/** The three names that share the most with `name`, counted in characters from either end. */
function nearest(name: string, names: readonly string[]): string[] {
  const score = (other: string): number => {
    const most = Math.min(name.length, other.length);
    let head = 0;
    while (head < most && name[head] === other[head]) head++;
    let tail = 0;
    while (tail < most - head && name[name.length - 1 - tail] === other[other.length - 1 - tail]) tail++;
    return head + tail;
  };
  return names.map((other) => ({ other, score: score(other) })).sort((a, b) => b.score - a.score).slice(0, 3).map(({ other }) => other);
}
