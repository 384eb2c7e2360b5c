import { describe, expect, it } from 'vitest';
import { ResourceType, WgslReflect, type VariableInfo } from 'wgsl_reflect/wgsl_reflect.module.js';
import { packUniform, readBindings, type BindingKind } from '../../../src/gpu/bindings.js';
import { runsOn } from '../../../src/kernels/op.js';
import { fileText, specialize } from '../../../src/kernels/specialize.js';
import { distinct, instances, type Instance } from '../../kernels/instances.js';
import { specs } from '../../../truth/specs.js';
import { leastNullGpu, nullGpu } from './null_gpu.js';
import { elementAliases, includesOf, mainFiles, shaderFiles } from './shader_files.js';

const all = await instances(specs);
const compiled = distinct(all);
/** The files that kernels are made of. */
const used = new Set(await Promise.all(all.flatMap(({ kernel }) => kernel.files.map(fileText))));

describe('shader files', () => {
  it.each(mainFiles)('%s compiles on its defaults, in f32 and in f16', async (name) => {
    const files = [name, ...includesOf(name)].map((file) => shaderFiles.get(file) as string);
    const { pipelines } = await nullGpu();
    await pipelines.get(specialize(files, {}), name);
    const aliases = elementAliases(files.join('\n'));
    await pipelines.get(
      specialize(files, Object.fromEntries(aliases.map((alias) => [alias, 'f16']))),
      `${name} in f16`,
    );
  });

  it.each([...shaderFiles.keys()])('%s says what it is, and includes files that exist', (name) => {
    expect(shaderFiles.get(name)).toMatch(/^\/\/ \S/);
    if (!mainFiles.includes(name)) expect(shaderFiles.get(name)).toMatch(/^\/\/ Include\. /);
    for (const file of includesOf(name)) expect(shaderFiles.has(file), file).toBe(true);
  });

  it.each([...shaderFiles.keys()])('%s is run by some case', (name) => {
    expect(used.has(shaderFiles.get(name) as string)).toBe(true);
  });

  // Tint 0.6.2 zeroes such a variable at the start of the function only, so that a loop sees the values of its last
  // turn.
  it.each([...shaderFiles.keys()])('%s initialises what it declares in a loop and reads before writing', (name) => {
    expect(looseDeclarations(shaderFiles.get(name) as string)).toEqual([]);
  });

  it('finds a declaration that a loop would carry over', () => {
    expect(looseDeclarations('fn f() {\n  for (;;) {\n    var p: array<f32, 4>;\n    p[0] += 1.0;\n  }\n}')).toEqual([
      'p',
    ]);
    expect(
      looseDeclarations('fn f() {\n  for (;;) {\n    var p: array<f32, 4>;\n    for (;;) { p[i] = 2.0; }\n  }\n}'),
    ).toEqual([]);
    expect(looseDeclarations('fn f() {\n  for (;;) {\n    var p = array<f32, 4>();\n    p[0] += 1.0;\n  }\n}')).toEqual(
      [],
    );
  });
});

/** Variables without initializer below the top level of a function whose first use is not a plain assignment. */
function looseDeclarations(code: string): string[] {
  const plain = code.replace(/\/\/[^\n]*/g, '');
  return [...plain.matchAll(/^ {4,}var (\w+)\s*:[^=;]*;/gm)].flatMap((match) => {
    const name = match[1] as string;
    const rest = plain.slice((match.index ?? 0) + match[0].length);
    const use = new RegExp(`\\b${name}\\b(\\[[^\\]]*\\])?\\s*(\\S=?)`).exec(rest);
    return use?.[2] === '=' ? [] : [name];
  });
}

describe('specialised kernels', () => {
  it('compile within the default limits of WebGPU', async () => {
    const { pipelines } = await nullGpu();
    const results = await Promise.allSettled(compiled.map(({ code, label }) => pipelines.get(code, label)));
    expect(results.flatMap((r) => (r.status === 'rejected' ? [String(r.reason)] : []))).toEqual([]);
    expect(compiled.length).toBeGreaterThan(50);
  });

  it.each([
    ['too many invocations', '@compute @workgroup_size(257) fn main() {}'],
    [
      'too much workgroup memory',
      'var<workgroup> big: array<f32, 4097>;\n@compute @workgroup_size(1) fn main() { big[0] = 1.0; }',
    ],
    ['an undeclared name', '@compute @workgroup_size(1) fn main() { absent(); }'],
  ])('would be refused for %s', async (name, code) => {
    const { pipelines } = await nullGpu();
    await expect(pipelines.get(code, name)).rejects.toMatchObject({ code: 'SHADER_COMPILE' });
  });

  it('have bindings and uniform layouts that wgsl_reflect reads the same way', () => {
    for (const { code, label } of compiled) {
      const reflected = reflect(code);
      const read = readBindings(code).map(({ name, index, kind, fields }) => ({
        name,
        index,
        kind,
        fields: fields.map((f, i) => ({ ...f, offset: 4 * i })),
      }));
      expect(
        read.sort((a, b) => a.index - b.index),
        label,
      ).toEqual(reflected);
    }
  });

  it('are given every uniform field by name, and no other value', () => {
    for (const { code, kernel, label } of all) {
      const fields = readBindings(code).flatMap((binding) => binding.fields);
      expect(new Set(Object.keys(kernel.params)), label).toEqual(new Set(fields.map((field) => field.name)));
      for (const binding of readBindings(code)) packUniform(binding.fields, kernel.params);
    }
  });

  it('get whole numbers where the uniform is u32', () => {
    for (const { code, kernel, label } of all) {
      for (const { name, type } of readBindings(code).flatMap((binding) => binding.fields)) {
        const value = kernel.params[name] as number;
        expect(
          Number.isFinite(value) && (type !== 'u32' || (Number.isInteger(value) && value >= 0)),
          `${label}: ${name} = ${value}`,
        ).toBe(true);
      }
    }
  });

  it('stay within 256 invocations, 16 KiB of workgroup memory and 8 storage buffers', () => {
    for (const instance of compiled) expect(usage(instance), instance.label).toSatisfy(withinDefaults);
  });

  it('say how many invocations they need beyond the 128 that every device takes', () => {
    for (const instance of all) {
      const { invocations } = usage(instance);
      expect(Math.max(instance.kernel.invocations ?? 0, 128), instance.label).toBe(Math.max(invocations, 128));
    }
  });

  it('compile on a device with the least limits and features, where they run there', async () => {
    const gpu = await leastNullGpu();
    expect(gpu.facts).toMatchObject({ f16: false, subgroupSize: 0, invocations: 128 });
    const running = all.filter(({ code, kernel }) => runsOn(kernel, gpu.facts) && !/\benable f16\b/.test(code));
    const results = await Promise.allSettled(running.map(({ code, label }) => gpu.pipelines.get(code, label)));
    expect(results.flatMap((r) => (r.status === 'rejected' ? [String(r.reason)] : []))).toEqual([]);
    expect(running.length).toBeGreaterThan(50);
  });
});

const KIND: Partial<Record<ResourceType, (variable: VariableInfo) => BindingKind>> = {
  [ResourceType.Uniform]: () => 'uniform',
  [ResourceType.Storage]: ({ access }) => (access === 'read' ? 'read' : 'read_write'),
  [ResourceType.Texture]: () => 'texture',
  [ResourceType.StorageTexture]: () => 'storage_texture',
};

/** Bindings as wgsl_reflect sees them, by index; uniform fields with byte offsets. */
function reflect(code: string): unknown[] {
  const { uniforms, storage, textures } = new WgslReflect(code);
  return [...uniforms, ...storage, ...textures]
    .map((variable) => ({
      name: variable.name,
      index: variable.binding,
      kind: KIND[variable.resourceType]?.(variable),
      fields: (variable.resourceType === ResourceType.Uniform ? (variable.members ?? []) : []).map((m) => ({
        name: m.name,
        type: m.type.name,
        offset: m.offset,
      })),
    }))
    .sort((a, b) => a.index - b.index);
}

interface Usage {
  readonly invocations: number;
  readonly workgroupBytes: number;
  readonly storageBuffers: number;
}

function withinDefaults({ invocations, workgroupBytes, storageBuffers }: Usage): boolean {
  return invocations > 0 && invocations <= 256 && workgroupBytes <= 16384 && storageBuffers <= 8;
}

const SCALAR_BYTES: Record<string, number> = {
  f32: 4,
  u32: 4,
  i32: 4,
  vec3f: 16,
  vec4f: 16,
  vec4u: 16,
  'vec4<f32>': 16,
  'vec4<f16>': 8,
  'atomic<u32>': 4,
};

/** What a kernel asks of a device, read off its text: WGSL constants are evaluated as JavaScript. */
function usage({ code, label }: Instance): Usage {
  const plain = code.replace(/\/\/[^\n]*/g, '');
  const constants = [...plain.matchAll(/\bconst\s+(\w+)[^=;]*=\s*([^;]+);/g)].map(
    ([, name, value]) => `const ${name} = ${(value as string).replace(/(\d)[uf]\b/g, '$1')};`,
  );
  const evaluate = (text: string): number =>
    Number(new Function('max', `${constants.join('')} return ${text};`)(Math.max));
  const size = /@workgroup_size\(([^)]*)\)/.exec(plain)?.[1] ?? '';
  const bytesOf = (type: string): number => {
    const [, element, count] = /^array<(.+),([^,]*)>$/.exec(type) ?? [];
    if (element !== undefined) return bytesOf(element.trim()) * evaluate(count as string);
    const known = type.replace(
      /^vec4<(\w+)>$/,
      (_, alias: string) => `vec4<${new RegExp(`\\balias\\s+${alias}\\s*=\\s*(\\w+)`).exec(plain)?.[1]}>`,
    );
    const bytes = SCALAR_BYTES[known];
    if (bytes === undefined) throw new Error(`${label}: size of ${type} is not known`);
    return bytes;
  };
  const arrays = [...plain.matchAll(/var<workgroup>\s+\w+\s*:\s*([^;]+);/g)].map(([, type]) => bytesOf(type as string));
  return {
    invocations: size.split(',').reduce((product, part) => product * evaluate(part), 1),
    workgroupBytes: arrays.reduce((sum, bytes) => sum + bytes, 0),
    storageBuffers: readBindings(code).filter(({ kind }) => kind === 'read' || kind === 'read_write').length,
  };
}
