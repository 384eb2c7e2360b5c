import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// Seeded faults of kernels, networks and other code, each of which a check has to notice: tests of the tests.
export default defineConfig({ test: { ...base.test, include: ['test/mutation/**/*.test.ts'], exclude: [] } });
