import { GpuUnavailableError } from '../errors.js';
import { submitRead } from '../gpu/buffers.js';
import { adapterName, type Gpu } from '../gpu/gpu.js';
import { Executable } from '../graph/executor.js';
import { Graph, type Value } from '../graph/graph.js';
import { makeKernel, type Op } from '../kernels/op.js';
import type { Probe } from '../kernels/probe.js';
import { toHalf } from '../weights/format/decode.js';

/** A probe in a graph. */
interface Probed extends Pick<Probe, 'answer' | 'tolerance'> {
  /** What errors call it. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly output: Value;
}

/** Some drivers get the first run right and later ones wrong (google-ai-edge/LiteRT#8065). */
const RUNS = 3;

/**
 * Runs the first probe of every op that has some: three runs over the same buffers, with other inputs each time,
 * outliers among them.
 * @throws GpuUnavailableError `GPU_UNSOUND` naming the kernel that answers wrongly
 */
export async function checkSound(gpu: Gpu, storage: 'f32' | 'f16', ops: Iterable<Op>): Promise<void> {
  const graph = new Graph(storage);
  const first = [...ops].map(async (op) => ({ op, probe: (await probesOf(op, storage))[0] }));
  const asked = (await Promise.all(first)).flatMap(({ op, probe }) =>
    probe ? [probeIn(graph, op, probe, op.name)] : [],
  );
  await runProbes(gpu, graph, asked);
}

/**
 * Runs the probes of one kernel of an op as `checkSound` does, and those that the attributes of nodes bring along.
 * False where it fits none of them.
 * @throws GpuUnavailableError `GPU_UNSOUND` naming the kernel
 */
export async function checkKernel(
  gpu: Gpu,
  storage: 'f32' | 'f16',
  op: Op,
  kernel: string,
  attrsOfNodes: readonly unknown[] = [],
): Promise<boolean> {
  const graph = new Graph(storage);
  const brought = new Set(attrsOfNodes.map((attrs) => op.probesOf?.(attrs)));
  const all = [...(await probesOf(op, storage)), ...[...brought].flatMap((probes) => probes?.(storage) ?? [])];
  const fitting = all.filter(({ inputs, attrs }) => makeKernel(op, kernel, inputs, attrs, op.infer(inputs, attrs)));
  if (fitting.length === 0) return false;
  const probes = fitting.map((probe) => probeIn(graph, op, probe, `${op.name}/${kernel}`));
  await runProbes(gpu, graph, probes, kernel);
  return true;
}

async function probesOf(op: Op, storage: 'f32' | 'f16'): Promise<readonly Probe[]> {
  return (await op.probes?.())?.(storage) ?? [];
}

function probeIn(
  graph: Graph,
  op: Op,
  { inputs, attrs, output = 'y', answer, tolerance }: Probe,
  name: string,
): Probed {
  const declared = Object.fromEntries(
    Object.entries(inputs).map(([key, type]) => [key, graph.input(`${op.name} ${key} ${graph.inputs.size}`, type)]),
  );
  const made = graph.apply(op, declared, attrs);
  return { name, inputs: declared, output: made[output] as Value, answer, tolerance };
}

async function runProbes(gpu: Gpu, graph: Graph, probes: readonly Probed[], kernel?: string): Promise<void> {
  const executable = await Executable.compile(graph, gpu, {
    keep: probes.map(({ output }) => output),
    kernel: () => kernel,
  });
  try {
    for (let run = 0; run < RUNS; run++) {
      // They go to the queue one after the other; only the waiting is shared.
      const done = await Promise.allSettled(probes.map((probe) => runProbe(gpu, executable, probe, run)));
      for (const result of done) if (result.status === 'rejected') throw result.reason;
    }
  } finally {
    executable.dispose();
  }
}

async function runProbe(
  gpu: Gpu,
  executable: Executable,
  { name, inputs, output, answer, tolerance }: Probed,
  run: number,
): Promise<void> {
  const right = answer(run);
  const bytes = await submitRead(gpu, 4 * right.output.length, (encoder) => {
    for (const [key, value] of Object.entries(inputs)) {
      const data = right.inputs[key] as Float32Array<ArrayBuffer>;
      gpu.device.queue.writeBuffer(executable.buffer(value), 0, value.type.dtype === 'f16' ? toHalf(data) : data);
    }
    executable.encode(encoder);
    return executable.buffer(output);
  });
  new Float32Array(bytes).forEach((actual, i) => {
    const expected = right.output[i] as number;
    if (Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected))) return;
    throw new GpuUnavailableError(
      'GPU_UNSOUND',
      `${adapterName(gpu.adapter)} computes wrongly: kernel "${name}", run ${run + 1}, gives ${actual} ` +
        `at ${i}; ${expected} is right.`,
      {
        hint: 'Use precision "f32", another browser or a newer driver.',
        expected,
        actual,
      },
    );
  });
}
