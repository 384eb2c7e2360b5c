import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// What takes too long for every change: large models, full-size pictures.
export default defineConfig({
  test: { ...base.test, include: ['test/long/**/*.test.ts'], exclude: [], testTimeout: 1_200_000 },
});
