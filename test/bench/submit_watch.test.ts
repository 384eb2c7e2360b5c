import { expect, it } from 'vitest';
import { submitFacts } from '../../bench/peers/compete.js';
import { SubmitWatch, type WebGpuClasses } from '../../bench/peers/submit_watch.js';

/** Classes as a WebGPU has them, whose methods take time. */
function classes() {
  const spend = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  class GPUQueue {}
  class GPUBuffer {}
  class GPUComputePassEncoder {}
  Object.assign(GPUQueue.prototype, { submit: () => spend(3), onSubmittedWorkDone: () => Promise.resolve() });
  Object.assign(GPUBuffer.prototype, { mapAsync: () => new Promise((resolve) => setTimeout(resolve, 40)) });
  Object.assign(GPUComputePassEncoder.prototype, {
    dispatchWorkgroups: (x: number) => x,
    dispatchWorkgroupsIndirect: () => undefined,
  });
  const made = { GPUQueue, GPUBuffer, GPUComputePassEncoder } as unknown as WebGpuClasses;
  const of = <T>(name: keyof WebGpuClasses) => Object.create(made[name].prototype) as T;
  return {
    made,
    queue: of<globalThis.GPUQueue>('GPUQueue'),
    buffer: of<globalThis.GPUBuffer>('GPUBuffer'),
    pass: of<globalThis.GPUComputePassEncoder>('GPUComputePassEncoder'),
  };
}

it('times a call until its last submit has returned, not until its output is there', async () => {
  const { made, queue, buffer, pass } = classes();
  const watch = new SubmitWatch(made);
  const call = async () => {
    for (let i = 0; i < 2; i++) {
      pass.dispatchWorkgroups(1);
      pass.dispatchWorkgroups(1);
      queue.submit([]);
    }
    await buffer.mapAsync(1);
  };
  for (let run = 0; run < 2; run++) {
    const start = performance.now();
    const seen = await watch.during(call);
    expect(seen).toMatchObject({ submits: 2, dispatches: 4, waits: 0 });
    expect(seen?.ms).toBeGreaterThanOrEqual(6);
    expect(seen?.ms).toBeLessThan(performance.now() - start - 30);
  }
});

it('counts waits that begin before the last submit', async () => {
  const { made, queue, buffer } = classes();
  const watch = new SubmitWatch(made);
  const seen = await watch.during(async () => {
    queue.submit([]);
    await buffer.mapAsync(1);
    queue.submit([]);
    await buffer.mapAsync(1);
  });
  expect(seen).toMatchObject({ submits: 2, dispatches: 0, waits: 1 });
  expect(seen?.ms).toBeGreaterThan(39);
});

it('passes calls on and knows when it has seen none', async () => {
  const { made, pass } = classes();
  const watch = new SubmitWatch(made);
  expect(pass.dispatchWorkgroups(7)).toBe(7);
  expect(await watch.during(() => Promise.resolve())).toBeUndefined();
});

it('summarises the calls of a side, and leaves out what was never seen', () => {
  expect(submitFacts([])).toEqual({});
  const { submit } = submitFacts([1, 3, 2].map((ms) => ({ ms, submits: 4, dispatches: 50, waits: 0 })));
  expect(submit).toMatchObject({ ms: { min: 1, median: 2, samples: [1, 3, 2] }, submits: 4, dispatches: 50, waits: 0 });
});
