import { afterAll, beforeAll, it } from 'vitest';
import { openExamples, type Examples } from '../e2e/example_project.js';

/** Hosts of graphics that are large: each bundles, compiles and draws for longer than all of the library does. */
const PAGES = ['babylon', 'playcanvas'];

let examples: Examples;
beforeAll(async () => {
  examples = await openExamples({ pages: PAGES });
});
afterAll(() => examples?.close());

it.each(PAGES)('%s shows what is kept of it', async (name) => {
  await (await examples.show(name, `${examples.built}examples/${name}/`)).close();
});
