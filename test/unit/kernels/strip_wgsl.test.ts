import { describe, expect, it } from 'vitest';
import { readBindings } from '../../../src/gpu/bindings.js';
import { fileText, specialize } from '../../../src/kernels/specialize.js';
import { stripWgsl } from '../../../tools/build/wgsl.js';
import { distinct, instances } from '../../kernels/instances.js';
import { specs } from '../../../truth/specs.js';

describe('stripped WGSL', () => {
  it('has the signs, bindings and uniform fields of the source, for every kernel, and no comment', async () => {
    const signs = (code: string) =>
      code
        .replace(/\/\/[^\n]*/g, '')
        .replace(/\s+/g, ' ')
        .replace(/ ?([,;:{}()]) ?/g, '$1');
    for (const { kernel, label, code } of distinct(await instances(specs))) {
      const texts = await Promise.all(kernel.files.map(fileText));
      const stripped = specialize(texts.map(stripWgsl), kernel.tunables);
      expect(signs(stripped).trim(), label).toBe(signs(code).trim());
      expect(readBindings(stripped), label).toEqual(readBindings(code));
      expect(stripped, label).not.toMatch(/\/\/|\/\*|^\s*$/m);
    }
  });

  it('keeps all of a line but its comment, and the space that means nothing', () => {
    const source = '// One.\n\nfn f() -> u32 { /* two */\n  return 6 / 2; // three\n  \n}\n/* four\n   five */\n';
    expect(stripWgsl(source)).toBe('fn f()-> u32{\nreturn 6 / 2;\n}');
  });
});
