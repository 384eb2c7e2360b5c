import { expect, it } from 'vitest';
import { growth, measureMemory, show, type Memory } from '../e2e/child.js';

const LOADS = 200;
/** Of each kind of device. */
const LOSSES = { own: 200, adopted: 100 };
/** Until then the driver and the engine warm up. */
const WARM = 60;
/** Milliseconds that a series may take on a busy machine. */
const TIMEOUT = 3_000_000;
/** MiB in a hundred rounds: a model of these takes 3 MiB, its pipelines as much again. */
const LEVEL = { heap: 1, all: 10 };

/** Prints a series and holds it to its level. */
function expectLevel(what: string, memory: readonly Memory[], warm: number): void {
  const [heap, all] = growth(memory, warm);
  console.log(
    `${what}: after ${warm} ${show(memory[warm]!)}; after ${memory.length} ${show(memory.at(-1)!)}; ` +
      `in a hundred ${heap.toFixed(2)} MiB of heap, ${all.toFixed(1)} MiB in all`,
  );
  expect(heap, 'MiB of heap in a hundred').toBeLessThan(LEVEL.heap);
  expect(all, 'MiB in a hundred').toBeLessThan(LEVEL.all);
}

it(
  `${LOADS} loads and disposes in a process leave memory level`,
  async () => {
    const { memory } = await measureMemory(
      `
for (let i = 0; i < ${LOADS}; i++) {
  const model = await loadDepthModel('nano', OPTIONS);
  const depth = await model.estimate(picture);
  await depth.read();
  depth.dispose();
  model.dispose();
  await measure();
}`,
      TIMEOUT,
    );
    expect(memory).toHaveLength(LOADS);
    expectLevel('loads', memory, WARM);
  },
  TIMEOUT,
);

/** Two losses are made up for in a minute of this clock: a minute passes at each. */
const CLOCK = `
let skipped = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + skipped;
`;

it(
  `${LOSSES.own} losses of a device of its own are made up for, with the same bits and memory level`,
  async () => {
    const { memory, said } = await measureMemory<number>(
      `${CLOCK}
const model = await loadDepthModel('nano', OPTIONS);
const estimate = async () => {
  const depth = await model.estimate(picture);
  const bits = await bitsOf(depth);
  depth.dispose();
  return bits;
};
const expected = await estimate();
globalThis.said = 0;
for (let i = 0; i < ${LOSSES.own}; i++) {
  skipped += 60_001;
  model.device.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  if ((await estimate()) === expected) globalThis.said++;
  await measure();
}
model.dispose();`,
      TIMEOUT,
    );
    expect(said, 'maps with the same bits').toBe(LOSSES.own);
    expectLevel(`losses of an own device, ${said} made up for`, memory, WARM);
  },
  TIMEOUT,
);

it(
  `${LOSSES.adopted} losses of devices of the caller end in a typed error and leave memory level`,
  async () => {
    const { memory, said } = await measureMemory<number>(
      `
globalThis.gpu = create([]);
const adapter = async () => globalThis.gpu.requestAdapter();
globalThis.said = 0;
for (let i = 0; i < ${LOSSES.adopted}; i++) {
  const device = await (await adapter()).requestDevice();
  const model = await loadDepthModel('nano', { ...OPTIONS, device });
  (await model.estimate(picture)).dispose();
  const pending = [model.estimate(picture), model.estimate(picture)];
  device.destroy();
  const ends = await Promise.allSettled(pending);
  const later = await model.estimate(picture).catch((error) => error.code);
  if (later === 'DEVICE_LOST' && ends.every(({ reason }) => reason?.code === 'DEVICE_LOST')) globalThis.said++;
  model.dispose();
  await measure();
}`,
      TIMEOUT,
    );
    expect(said, 'losses that were told').toBe(LOSSES.adopted);
    expectLevel(`losses of an adopted device, ${said} told`, memory, WARM / 2);
  },
  TIMEOUT,
);
