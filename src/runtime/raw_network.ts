import type { Engine } from './engine.js';
import { UsageError } from '../errors.js';
import { submitRead } from '../gpu/buffers.js';
import type { Value } from '../graph/graph.js';
import type { Look } from './half_range.js';
import type { Lifetime } from './lifetime.js';
import type { Turn } from './run_queue.js';

/**
 * The raw network on an already normalised tensor f32[1,3,H,W]: depth f32[H,W], nothing before or after.
 * @throws UsageError `TENSOR_SHAPE`, `TENSOR_NON_FINITE`, `SHAPE_MISMATCH` for sides the network cannot take
 */
export async function runNetwork(
  life: Lifetime,
  engine: Engine,
  tensor: Float32Array,
  shape: readonly [number, number, number, number],
): Promise<Float32Array> {
  if (!(tensor instanceof Float32Array))
    throw new UsageError('TENSOR_SHAPE', 'The tensor is no Float32Array.', { expected: 'Float32Array', phase: 'run' });
  const [N, C, H, W] = shape;
  const whole = [H, W].every((side) => Number.isSafeInteger(side) && side > 0);
  if (N !== 1 || C !== 3 || !whole || tensor.length !== 3 * H * W) {
    throw new UsageError(
      'TENSOR_SHAPE',
      `The tensor is [${shape.join(',')}] with ${tensor.length} values; expected [1,3,H,W] with 3·H·W.`,
      { expected: [1, 3, H, W], actual: tensor.length, phase: 'run' },
    );
  }
  checkFinite(tensor);
  return runPixels(life, engine, interleave(tensor, H * W), [H, W]);
}

async function runPixels(
  life: Lifetime,
  engine: Engine,
  pixels: Float32Array<ArrayBuffer>,
  [H, W]: readonly [number, number],
): Promise<Float32Array> {
  const turn = engine.runs.take();
  try {
    if (turn.wait) await life.guard(engine, turn.wait);
    return await runNow(life, engine, pixels, [H, W], turn);
  } finally {
    turn.end();
  }
}

async function runNow(
  life: Lifetime,
  engine: Engine,
  pixels: Float32Array<ArrayBuffer>,
  [H, W]: readonly [number, number],
  turn: Turn,
): Promise<Float32Array> {
  const lease = engine.lease(`tensor ${W}×${H}`, (graph) => {
    const picture = graph.input('image', { dtype: 'f32', shape: [H, W, 4] });
    return { keep: { depth: engine.network(picture).depth }, inputs: { picture } };
  });
  let look: Look | undefined;
  try {
    const { executable, values } = lease.ready ?? (await life.guard(engine, lease.program));
    const { device } = engine.gpu;
    const start = performance.now();
    const depth = submitRead(engine.gpu, 4 * H * W, (encoder, cut) => {
      device.queue.writeBuffer(executable.buffer(values['picture'] as Value), 0, pixels);
      look = engine.halfRange.look(executable);
      look?.begin(encoder);
      const last = executable.encode(encoder, {}, { cut });
      look?.end(last);
      return executable.buffer(values['depth'] as Value);
    });
    const checked = depth.then(async (read) => ({ read, overflowed: await look?.overflowed() }));
    turn.during(checked);
    const { read, overflowed } = await life.guard(engine, checked);
    executable.noteDuration(performance.now() - start);
    return overflowed ? await runPixels(life, await life.inFull(engine), pixels, [H, W]) : new Float32Array(read);
  } finally {
    look?.dispose();
    lease.release();
  }
}

/** A network may turn NaN into a number that looks like depth. */
function checkFinite(tensor: Float32Array): void {
  const index = tensor.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return;
  const count = tensor.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
  throw new UsageError(
    'TENSOR_NON_FINITE',
    `The tensor holds ${count} value${count > 1 ? 's' : ''} that ${count > 1 ? 'are' : 'is'} not finite; the ` +
      `first is ${tensor[index]} at index ${index}.`,
    {
      expected: 'finite values',
      actual: { index, count },
      phase: 'run',
    },
  );
}

/** [3,H·W] → [H·W,4] with a zero fourth channel. */
function interleave(tensor: Float32Array, pixels: number): Float32Array<ArrayBuffer> {
  const image = new Float32Array(4 * pixels);
  for (let c = 0; c < 3; c++) for (let i = 0; i < pixels; i++) image[4 * i + c] = tensor[c * pixels + i] as number;
  return image;
}
