import { describe, expect, it } from 'vitest';
import { makeKernel } from '../../src/kernels/op.js';
import { parseBenchArguments } from '../../bench/arguments.js';
import { withEditedShader } from '../../bench/edited_shader.js';
import { specs } from '../../truth/specs.js';

const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('parseBenchArguments', () => {
  it('runs everything with 20 samples unless told otherwise', () => {
    expect(parseBenchArguments([])).toEqual({
      sections: ['ceilings', 'kernels', 'models'],
      quick: false,
      help: false,
      matrix: false,
      check: false,
      cold: false,
      rankSoftware: false,
      samples: 20,
    });
    expect(parseBenchArguments(['--check', '--cold'])).toMatchObject({ check: true, cold: true });
    expect(parseBenchArguments(['--quick'])).toMatchObject({ sections: ['ceilings', 'kernels'], samples: 5 });
    expect(parseBenchArguments(['--quick', '--only', 'models', '--samples', '7'])).toMatchObject({
      sections: ['models'],
      samples: 7,
    });
    const { filter, ...rest } = parseBenchArguments([
      '--filter',
      'GEMM|conv',
      '--max-gflop',
      '0.5',
      '--rank-software',
      '--json',
      'a.json',
      '--svg',
      'a.svg',
      '--compare',
      'b.json',
      '--adapter',
      'x',
    ]);
    expect(rest).toMatchObject({
      maxGflop: 0.5,
      rankSoftware: true,
      json: 'a.json',
      svg: 'a.svg',
      compare: 'b.json',
      adapter: 'x',
    });
    expect(filter?.test('gemm/registers f32 one')).toBe(true);
  });

  it('refuses what makes no sense', () => {
    const refused: [string[], string][] = [
      [['--smaples', '3'], 'OPTION_UNKNOWN'],
      [['--only', 'kernel'], 'OPTION_VALUE'],
      [['--samples', '0'], 'OPTION_VALUE'],
      [['--max-gflop', 'many'], 'OPTION_VALUE'],
      [['--filter', '('], 'OPTION_VALUE'],
      [['--shader', 'a.wgsl'], 'OPTION_CONFLICT'],
      [['--kernel', 'gemm/registers'], 'OPTION_CONFLICT'],
      [['--matrix', '--shader', 'a.wgsl', '--kernel', 'gemm/registers'], 'OPTION_CONFLICT'],
      [['stray'], 'OPTION_UNKNOWN'],
    ];
    for (const [argv, code] of refused)
      expect(
        codeOf(() => parseBenchArguments(argv)),
        argv.join(' '),
      ).toBe(code);
  });
});

describe('withEditedShader', () => {
  it('puts the edited entry file beside the shipped kernel, with the same includes and uniforms', () => {
    const [spec, ...others] = withEditedShader(specs, {
      name: 'mine.wgsl',
      code: '// edited',
      kernel: 'gemm/registers',
    });
    if (!spec) throw new Error('no spec');
    expect(others).toEqual([]);
    expect(spec.op.kernels.map(({ name }) => name)).toEqual(['registers', 'mine.wgsl']);
    const inputs = {
      x: { dtype: 'f32', shape: [8, 8] },
      weight: { dtype: 'f32', shape: [8, 8] },
      bias: { dtype: 'f32', shape: [8] },
    } as const;
    const make = (name: string) => makeKernel(spec.op, name, inputs, {}, spec.op.infer(inputs, {}));
    const [shipped, edited] = [make('registers'), make('mine.wgsl')];
    expect(edited?.files).toEqual(['// edited', ...(shipped?.files.slice(1) ?? [])]);
    expect(edited?.params).toEqual(shipped?.params);
  });

  it('names the kernels there are', () => {
    expect(codeOf(() => withEditedShader(specs, { name: 'a', code: '', kernel: 'gemm/none' }))).toBe('OPTION_VALUE');
    expect(() => withEditedShader(specs, { name: 'a', code: '', kernel: 'nothing' })).toThrow('gemm/registers');
  });
});
