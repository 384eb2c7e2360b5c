import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// Implementations of WebGPU other than Dawn, with all that is checked there; `npm test` has a short form.
export default defineConfig({
  test: {
    ...base.test,
    maxWorkers: 1,
    include: ['test/engines/**/*.test.ts'],
    exclude: [],
    env: { DEPTHWISE_ENGINES: 'all' },
    testTimeout: 1_200_000,
    hookTimeout: 600_000,
  },
});
