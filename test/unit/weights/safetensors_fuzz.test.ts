import { test } from 'vitest';
import { expectOutcomes, headerOutcomes } from './header_outcomes.js';

const FILES = 12_000;

test('any bytes end in a header that holds together or in a typed error', { timeout: 60_000 }, async () => {
  expectOutcomes(await headerOutcomes(FILES, 20240607), FILES);
});
