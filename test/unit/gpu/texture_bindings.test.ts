import { describe, expect, it } from 'vitest';
import { readBindings } from '../../../src/gpu/bindings.js';
import { specialize } from '../../../src/kernels/specialize.js';

describe('readBindings', () => {
  const aliased = `
    alias texels = texture_storage_2d<rgba8unorm, write>; // alias texels = texture_2d<f32>;
    @group(0) @binding(1) var colors: texels;`;

  it('reads the format of a storage texture, in place or behind an alias', () => {
    const named = { name: 'colors', index: 1, kind: 'storage_texture', fields: [], format: 'rgba8unorm' };
    expect(readBindings(aliased)).toEqual([named]);
    expect(readBindings('@group(0) @binding(1) var colors: texture_storage_2d<rgba8unorm, write>;')).toEqual([named]);
  });

  it('follows an alias that has been specialised', () => {
    const code = specialize([aliased.replace(/\/\/.*/, '')], { texels: 'texture_storage_2d<rgba32float, write>' });
    expect(readBindings(code)[0]?.format).toBe('rgba32float');
  });

  it('reads sampled textures, in place or behind an alias', () => {
    expect(readBindings('@group(0) @binding(0) var picture: texture_2d<f32>;')[0]).toMatchObject({
      kind: 'texture',
      format: undefined,
    });
    expect(readBindings('alias image = texture_2d<f32>;\n@group(0) @binding(0) var picture: image;')[0]).toMatchObject({
      kind: 'texture',
      format: undefined,
    });
  });
});
