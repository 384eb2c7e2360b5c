import { expect, it } from 'vitest';
import { measureMemory, show } from './child.js';

const LOADS = 24;
/** Loads after which memory has to be level: until then the driver and the engine warm up. */
const WARM = 12;

/** Loads, estimates and disposes time and again, with a load that fails between. */
const SCRIPT = `
for (let i = 0; i < ${LOADS}; i++) {
  const model = await loadDepthModel('nano', OPTIONS);
  const depth = await model.estimate(picture);
  await depth.read();
  depth.dispose();
  model.dispose();
  await loadDepthModel(new Uint8Array(100), { cache: false }).catch(() => undefined);
  await measure();
}`;

it('a process loads and disposes of models time and again, and ends by itself with its memory level', async () => {
  const { memory } = await measureMemory(SCRIPT, 280_000);
  expect(memory).toHaveLength(LOADS);
  const [warm, end] = [memory[WARM]!, memory[LOADS - 1]!];
  console.log(`after ${WARM} loads ${show(warm)}; after ${LOADS} ${show(end)}`);
  expect(end[0] - warm[0], 'heap').toBeLessThan(2);
  expect(end[1] - warm[1], 'resident size').toBeLessThan(40);
}, 300_000);
