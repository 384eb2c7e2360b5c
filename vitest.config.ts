import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, and that their size does not tell. */
const SLOW = ['test/kernels/kernels', 'test/models/models', 'test/docs/examples', 'test/models/least'];

/** Begins with what takes longest, so that at the end no process works alone for minutes. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.some((name) => moduleId.endsWith(`${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

// Two processes, each with one device for all of its files: a software adapter compiles each pipeline at its first
// dispatch, and a third process would fight over two cores: it makes the suite no faster.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These have their own commands; of the page and of Firefox a short form stays.
    exclude: ['test/{long,mutation,output,page}/**', 'test/engines/firefox_page.test.ts'],
    setupFiles: ['test/setup.ts'],
    // On a fresh machine most of the time goes into compiling kernels that run once. lavapipe skips LLVM's
    // optimisation: the same arithmetic, compiled in two thirds of the time. The long suite, which computes more, keeps
    // it.
    env: { GALLIVM_PERF: 'nopt' },
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
    isolate: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
