import { describe, expect, it } from 'vitest';
import { specialize } from '../../../src/kernels/specialize.js';

describe('specialize', () => {
  it('rewrites numbers, booleans and types, and nothing else', () => {
    const code =
      'alias elem = f32;\nconst ROWS: u32 = 4; // rows\nconst EPS: f32 = 1e-5;\nconst FLAG: bool ' +
      '= false;\nconst WIDE = ROWS * 2;';
    expect(specialize([code], { elem: 'u32', ROWS: 7, EPS: 2, FLAG: true })).toBe(
      'alias elem = u32;\nconst ROWS: u32 = 7u; // rows\nconst EPS: f32 = 2.0;\nconst FLAG: bool ' +
        '= true;\nconst WIDE = ROWS * 2;',
    );
  });

  it('keeps the digits of f32 tunables', () => {
    expect(specialize(['const A: f32 = 0.0;'], { A: 1e-12 })).toBe('const A: f32 = 1e-12;');
    expect(specialize(['const A: f32 = 0.0;'], { A: 3.4028234e38 })).toBe('const A: f32 = 3.4028234e+38;');
    expect(specialize(['const A: f32 = 0.0;'], { A: 65504 })).toBe('const A: f32 = 65504.0;');
  });

  it('joins files in order', () => {
    expect(specialize(['const A: u32 = 1;', 'const B: u32 = 2;'], { B: 3 })).toBe(
      'const A: u32 = 1;\nconst B: u32 = 3u;',
    );
  });

  it('enables f16 exactly when an alias asks for it', () => {
    expect(specialize(['alias elem = f32;'], { elem: 'f16' })).toBe('enable f16;\nalias elem = f16;');
    expect(specialize(['alias elem = f32; // not f16'], {})).not.toContain('enable');
  });

  it('does not touch a longer name', () => {
    expect(specialize(['const ROWS_MAX: u32 = 9;\nconst ROWS: u32 = 4;'], { ROWS: 5 })).toBe(
      'const ROWS_MAX: u32 = 9;\nconst ROWS: u32 = 5u;',
    );
  });

  it.each([
    ['a name that is not declared', ['const A: u32 = 1;'], 'is declared 0 times'],
    ['a name declared twice', ['const B: u32 = 1;', 'const B: u32 = 2;'], 'is declared 2 times'],
  ])('refuses %s', (_, files, message) => {
    expect(() => specialize(files, { B: 1 })).toThrow(
      expect.objectContaining({ code: 'INTERNAL_TUNABLE', message: expect.stringContaining(message) }),
    );
  });
});
