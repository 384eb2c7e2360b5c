import { expect, it } from 'vitest';
import { PassTimer } from '../../../src/gpu/timing.js';
import { submit } from '../../../src/gpu/scoped.js';
import { testGpu } from '../../gpu.js';

/** What Dawn rounds timestamps to unless told not to. */
const QUANTUM_NS = 65_536;
const PASSES = 16;

it('times passes in Node exactly, not in steps of 65,536 ns', async () => {
  const gpu = await testGpu();
  const timer = new PassTimer(gpu.device, PASSES);
  await submit(gpu, { what: 'empty passes', phase: 'run' }, (encoder) => {
    for (let i = 0; i < PASSES; i++) encoder.beginComputePass({ timestampWrites: timer.writes(i) }).end();
    timer.resolve(encoder);
  });
  const times = await timer.read();
  timer.dispose();
  const between = times.filter((ms) => Math.round(1e6 * ms) % QUANTUM_NS !== 0);
  expect(between.length).toBeGreaterThan(PASSES / 2);
});
