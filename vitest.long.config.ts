import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// What takes too long for every change: large models, full-size pictures, hundreds of loads, thousands of frames.
// Memory is measured after garbage was collected.
export default defineConfig({
  test: {
    ...base.test,
    maxWorkers: 1,
    include: ['test/long/**/*.test.ts'],
    exclude: [],
    // What runs for long is compiled as it is for users.
    env: {},
    testTimeout: 1_200_000,
    execArgv: ['--expose-gc'],
  },
});
