import { describe, expect, it } from 'vitest';
import { readBindings } from '../../../src/gpu/bindings.js';
import { sourceText, specialize } from '../../../src/kernels/specialize.js';
import { minifyWgsl } from '../../../tools/build/minify_wgsl.js';
import { distinct, instances } from '../../kernels/instances.js';
import { specs } from '../../kernels/specs.js';
import { nullGpu } from './null_gpu.js';

/** Every specialised kernel, as it is and as it is shipped. */
const pairs = await Promise.all(
  distinct(await instances(specs)).map(async ({ kernel: { sources, tunables }, label, code }) => {
    const texts = await Promise.all(sources.map(sourceText));
    return { label, plain: code, small: specialize(texts.map(minifyWgsl), tunables) };
  }),
);

describe('minified WGSL', () => {
  it('compiles, with the bindings and uniform fields of the source, for every kernel', async () => {
    const { pipelines } = await nullGpu();
    const results = await Promise.allSettled(pairs.map(({ small, label }) => pipelines.get(small, label)));
    expect(results.flatMap((r) => (r.status === 'rejected' ? [String(r.reason)] : []))).toEqual([]);
    for (const { plain, small, label } of pairs) expect(readBindings(small), label).toEqual(readBindings(plain));
  });

  // Undoing the new names would take a parser; without any names, both texts have to be the same signs in the same
  // order.
  it('is the source but for names and blanks', () => {
    const signs = (code: string) =>
      code
        .replace(/\/\/[^\n]*/g, '')
        .replace(/(?<![\w.])[A-Za-z_]\w*/g, 'name')
        .replace(/\s+/g, '');
    for (const { plain, small, label } of pairs) expect(signs(small), label).toBe(signs(plain));
  });

  it.each([
    [
      'keeps what is declared outside functions, members, attributes and builtins',
      'const K: u32 = 2; // rows\nfn f(row: u32, @builtin(workgroup_id) group: vec3u) -> u32 { return group.x + row * K; }',
      'const K:u32=2;fn f(r:u32,@builtin(workgroup_id)g:vec3u)->u32{return g.x+r*K;}',
    ],
    [
      'takes no name that the function uses',
      'fn f(row: u32) { var sum = row; r[row] = sum + s; }',
      'fn f(w:u32){var m=w;r[w]=m+s;}',
    ],
    [
      'keeps a local apart from a member of the same name',
      'fn f(v: vec4f) { let w = v.w; y = w; }',
      'fn f(v:vec4f){let a=v.w;y=a;}',
    ],
    [
      'keeps numbers whole',
      'fn f() { var low = -3.4e-38f; var hex = 0x1Fu; var half = .5; }',
      'fn f(){var l=-3.4e-38f;var h=0x1Fu;var a=.5;}',
    ],
    [
      'keeps a blank before the name of a binding',
      '@group(0) @binding(1) var<storage, read> x: array<f32>;',
      '@group(0)@binding(1)var<storage,read> x:array<f32>;',
    ],
  ])('%s', (_, source, expected) => {
    expect(minifyWgsl(source)).toBe(expected);
  });

  it('refuses a function without an end', () => {
    expect(() => minifyWgsl('fn f() { if (true) { }')).toThrow('fn f does not end');
    expect(() => minifyWgsl('fn f()')).toThrow('fn f has no body');
  });
});
