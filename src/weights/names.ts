import { ModelMismatchError, quote } from '../errors.js';
import type { TensorTable } from './format/tensor_table.js';

/** Model-side name (the original checkpoint's spelling) → the tensors of the file it consists of, in order. */
export type NameMap = ReadonlyMap<string, readonly string[]>;

/**
 * One line of a translation: paths of a foreign file → path in the original checkpoint. `*` stands for an index and
 * keeps it; whatever follows the path (`.weight`, `.bias`) is kept. Several foreign paths are one fused tensor, stacked
 * in this order.
 */
export type NameRule = readonly [foreign: string | readonly string[], original: string];

interface CompiledRule {
  readonly pattern: RegExp;
  readonly original: string;
  readonly part: number;
  readonly parts: number;
}

/**
 * First part of all names, with its dot; empty where they share none. Training code writes such parts: `module.` (data
 * parallel), `_orig_mod.` (compiled), `model.`, `pipeline.` (the object around the model).
 */
export function commonPrefix(names: readonly string[]): string {
  const part = /^[^.]*\./.exec(names[0] ?? '')?.[0] ?? '';
  return names.every((name) => name.startsWith(part)) ? part : '';
}

/**
 * Translates the names of a file, once, so that models know one spelling. The first rule that fits a name holds; a name
 * that no rule fits keeps its own, and so does a part of a fused tensor whose other parts are missing.
 * @param prefix stands before every name of the file, and of none of the model
 * @throws ModelMismatchError `MODEL_NAMES` when two tensors claim one name, `MODEL_SHAPE` when parts cannot be stacked
 */
export function mapNames(table: TensorTable, rules: readonly NameRule[], source: string, prefix = ''): NameMap {
  const compiled = rules.flatMap(compile);
  const groups = new Map<string, { parts: (string | undefined)[] }>();
  for (const file of table.tensors.keys()) {
    const { name, part, parts } = translate(file.slice(prefix.length), compiled);
    const group = groups.get(name) ?? { parts: new Array<string | undefined>(parts).fill(undefined) };
    const taken = group.parts[part];
    if (taken !== undefined || group.parts.length !== parts) {
      throw new ModelMismatchError(
        'MODEL_NAMES',
        `${source}: ${quote(taken ?? name)} and ${quote(file)} are both ${quote(name)} of the model.`,
        {
          source,
          tensor: name,
          actual: [taken ?? name, file],
        },
      );
    }
    group.parts[part] = file;
    groups.set(name, group);
  }
  const names = new Map<string, readonly string[]>();
  for (const [name, { parts }] of groups) {
    const present = parts.filter((part) => part !== undefined);
    if (present.length < parts.length) {
      for (const part of present) names.set(part.slice(prefix.length), [part]);
    } else {
      checkStackable(table, name, present, source);
      names.set(name, present);
    }
  }
  return names;
}

function compile([foreign, original]: NameRule): CompiledRule[] {
  const paths = typeof foreign === 'string' ? [foreign] : foreign;
  return paths.map((path, part) => {
    const escaped = path.replace(/[.\\+?^${}()|[\]]/g, '\\$&').replaceAll('*', '([0-9]+)');
    return { pattern: new RegExp(`^${escaped}(?=\\.|$)`), original, part, parts: paths.length };
  });
}

function translate(file: string, rules: readonly CompiledRule[]): { name: string; part: number; parts: number } {
  for (const { pattern, original, part, parts } of rules) {
    const found = pattern.exec(file);
    if (found) {
      let index = 1;
      return { name: original.replaceAll('*', () => found[index++]!) + file.slice(found[0].length), part, parts };
    }
  }
  return { name: file, part: 0, parts: 1 };
}

function checkStackable(table: TensorTable, name: string, parts: readonly string[], source: string): void {
  if (parts.length === 1) return;
  const shapes = parts.map((part) => table.tensors.get(part)!.shape);
  const [first] = shapes;
  const agree = shapes.every(
    (shape) =>
      shape.length > 0 && shape.length === first!.length && shape.every((dim, i) => i === 0 || dim === first![i]),
  );
  if (agree) return;
  const list = parts.map((part, i) => `${quote(part)} [${shapes[i]!.join(', ')}]`).join(', ');
  throw new ModelMismatchError('MODEL_SHAPE', `${source}: the parts of ${quote(name)} cannot be stacked: ${list}.`, {
    source,
    tensor: name,
    expected: first,
    actual: shapes,
  });
}
