import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileText } from '../../src/kernels/specialize.js';
import { attrsOf, makeInputs } from '../../truth/inputs.js';
import { outputTypes } from '../kernels/run_case.js';
import { codeMutants } from '../mutation/code_mutants.js';
import { kernelMutants } from '../mutation/kernels/kernels.js';
import { casesOf, kernelOf, mutated, specOf } from '../mutation/mutant.js';

const ROOT = join(import.meta.dirname, '../..');

// `npm run test:mutants` runs them: here each has to be one that can be run, so that none rots.
describe('seeded faults', () => {
  it('of kernels are many, and named once', () => {
    expect(kernelMutants.length).toBeGreaterThanOrEqual(300);
    const names = kernelMutants.map(({ op, name }) => `${op}: ${name}`);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it.each(kernelMutants)('of kernels find what they change: $op: $name', async (mutant) => {
    const { half = false, mutate } = mutant;
    const spec = specOf(mutant);
    const kernel = mutated(spec, mutate).op.kernels.find(({ name }) => name === kernelOf(mutant))!;
    const made = casesOf(mutant).map((kase) => {
      const inputs = makeInputs(spec, kase, half);
      const attrs = attrsOf(spec, kase, half);
      const types = Object.fromEntries(Object.entries(inputs).map(([name, { type }]) => [name, type]));
      return kernel.make(types, attrs, outputTypes(spec, inputs, attrs));
    });
    const files = made.flatMap((kernel) => kernel?.files ?? []);
    expect(files).not.toEqual([]);
    await Promise.all(files.map(fileText));
  });

  it.each(codeMutants)('of other code find what they change: $name', async ({ edits }) => {
    for (const [file, from] of edits)
      expect((await readFile(join(ROOT, file), 'utf8')).split(from), file).toHaveLength(2);
  });
});
