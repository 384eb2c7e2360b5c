import { defineConfig } from 'vitest/config';

// One process and one thread for everything that touches the GPU: a software adapter compiles each pipeline at its
// first dispatch, and two processes would fight over two cores.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'test/output/**'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
