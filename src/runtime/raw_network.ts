import type { Engine } from './engine.js';
import { UsageError } from '../errors.js';
import { checkAnswers } from './answers.js';
import type { Lifetime } from './lifetime.js';
import { networkProgram, runPixels, type Sides } from './run_pixels.js';
import type { Turn } from './run_queue.js';

/**
 * The raw network on an already normalised tensor f32[1,3,H,W]: depth f32[H,W], nothing before or after.
 * @param turn its place among the runs of the engine
 * @throws UsageError `TENSOR_SHAPE`, `TENSOR_NON_FINITE`, `SHAPE_MISMATCH` for sides the network cannot take
 */
export async function runNetwork(
  life: Lifetime,
  engine: Engine,
  tensor: Float32Array,
  shape: readonly [number, number, number, number],
  turn: Turn,
): Promise<Float32Array> {
  if (!(tensor instanceof Float32Array))
    throw new UsageError('TENSOR_SHAPE', 'The tensor is no Float32Array.', { expected: 'Float32Array', phase: 'run' });
  const [N, C, H = 0, W = 0] = Array.isArray(shape) ? (shape as readonly number[]) : [];
  const whole = [H, W].every((side) => Number.isSafeInteger(side) && side > 0);
  if (N !== 1 || C !== 3 || !whole || tensor.length !== 3 * H * W) {
    throw new UsageError(
      'TENSOR_SHAPE',
      `The tensor is [${String(shape)}] with ${tensor.length} values; expected [1,3,H,W] with 3·H·W.`,
      { expected: [1, 3, H, W], actual: tensor.length, phase: 'run' },
    );
  }
  checkFinite(tensor);
  return runTensor(life, engine, interleave(tensor, H * W), [H, W], turn);
}

async function runTensor(
  life: Lifetime,
  engine: Engine,
  pixels: Float32Array<ArrayBuffer>,
  [H, W]: Sides,
  turn: Turn,
): Promise<Float32Array> {
  const { depth, found } = await runPixels(life, engine, pixels, turn, () =>
    engine.lease(`tensor ${W}×${H}`, networkProgram(engine, [H, W])),
  );
  if (found === 'overflow') {
    const full = await life.inFull(engine);
    return runTensor(life, full, pixels, [H, W], full.runs.take());
  }
  if (found) await life.until(checkAnswers(life, engine));
  return depth;
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
