import { expect, it } from 'vitest';
import { NetworkError } from '../../src/errors.js';
import { fetched } from '../../src/parts.js';

it('hands out a part, and names a fault of fetching one', async () => {
  expect(await fetched(Promise.resolve(7))).toBe(7);
  const cause = new TypeError('Failed to fetch dynamically imported module');
  const fault = await fetched(Promise.reject(cause)).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(NetworkError);
  expect(fault).toMatchObject({ code: 'NET_PART', phase: 'load', cause });
});
