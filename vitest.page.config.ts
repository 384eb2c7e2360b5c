import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// The page in Chromium: files, views, visits and video; `npm test` has a short form.
export default defineConfig({
  test: { ...base.test, include: ['test/page/**/*.test.ts'], exclude: [], testTimeout: 1_200_000 },
});
