import { InternalError } from '../errors.js';

/** How a kernel uses one of its bindings. */
export type BindingKind = 'uniform' | 'read' | 'read_write' | 'texture' | 'storage_texture';

/** One 4-byte scalar of a uniform struct. */
export interface UniformField {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
}

/** A `@group(0) @binding(index) var… name` declaration. */
export interface Binding {
  readonly name: string;
  readonly index: number;
  readonly kind: BindingKind;
  /** Fields of the struct, in order, when `kind` is `uniform`. */
  readonly fields: readonly UniformField[];
  /** Texel format when `kind` is `storage_texture`. */
  readonly format: string | undefined;
}

const ADDRESS = /@group\(0\)\s*@binding\((\d+)\)\s*var(?:<(uniform|storage,\s*read_write|storage,\s*read)>)?/;
const VAR = new RegExp(`${ADDRESS.source}\\s+(\\w+)\\s*:\\s*(\\w+)(?:<([^;]*)>)?\\s*;`, 'g');

/**
 * Reads the binding table off WGSL text, so that names, indices and uniform layouts are declared in WGSL alone.
 * Uniform structs may hold 4-byte scalars only; wgsl_reflect checks in a test that both readings agree.
 */
export function readBindings(code: string): Binding[] {
  const plain = code.replace(/\/\/[^\n]*/g, '');
  return [...plain.matchAll(VAR)].map(([, index, space, name, declared, declaredArgument]) => {
    const [type, argument] = space
      ? [declared, declaredArgument]
      : resolveAlias(plain, declared as string, declaredArgument);
    const kind = bindingKind(space, type as string);
    return {
      name: name as string,
      index: Number(index),
      kind,
      fields: kind === 'uniform' ? structFields(plain, type as string) : [],
      format: kind === 'storage_texture' ? (argument as string).split(',')[0]?.trim() : undefined,
    };
  });
}

/** Texture types may be named by an alias, so that their texel format can be a tunable. */
function resolveAlias(code: string, type: string, argument: string | undefined): [string, string | undefined] {
  const aliased = new RegExp(`\\balias\\s+${type}\\s*=\\s*(\\w+)(?:<([^;]*)>)?\\s*;`).exec(code);
  return aliased ? [aliased[1] as string, aliased[2]] : [type, argument];
}

function bindingKind(space: string | undefined, type: string): BindingKind {
  if (space === 'uniform') return 'uniform';
  if (space) return space.endsWith('read_write') ? 'read_write' : 'read';
  return type.startsWith('texture_storage') ? 'storage_texture' : 'texture';
}

function structFields(code: string, name: string): UniformField[] {
  const body = new RegExp(`struct\\s+${name}\\s*\\{([^}]*)\\}`).exec(code)?.[1];
  if (body === undefined) throw new InternalError('INTERNAL_UNIFORM', `Uniform struct "${name}" is not declared.`);
  return [...body.matchAll(/(\w+)\s*:\s*([\w<>]+)/g)].map(([, field, type]) => {
    if (type !== 'u32' && type !== 'i32' && type !== 'f32') {
      throw new InternalError(
        'INTERNAL_UNIFORM',
        `Uniform field "${name}.${field}" is ${type}; only 4-byte scalars are allowed.`,
      );
    }
    return { name: field as string, type };
  });
}

/**
 * Packs named values into the bytes of a uniform struct, padded to 16 bytes.
 * @throws InternalError `INTERNAL_UNIFORM` when a field has no value.
 */
export function packUniform(fields: readonly UniformField[], params: Readonly<Record<string, number>>): ArrayBuffer {
  const bytes = new ArrayBuffer(Math.ceil(fields.length / 4) * 16);
  const view = new DataView(bytes);
  fields.forEach(({ name, type }, i) => {
    const value = params[name];
    if (value === undefined) throw new InternalError('INTERNAL_UNIFORM', `Uniform field "${name}" has no value.`);
    if (type === 'f32') view.setFloat32(4 * i, value, true);
    else if (type === 'i32') view.setInt32(4 * i, value, true);
    else view.setUint32(4 * i, value, true);
  });
  return bytes;
}
