import type { Engine } from './engine.js';
import { ModelMismatchError } from '../errors.js';
import { networkSize } from '../image/size.js';
import type { Lifetime } from './lifetime.js';
import { networkProgram, runPixels, type Sides } from './run_pixels.js';

/** Sides aimed at, in pixels: some tokens or cells of every network's deepest map. */
const SIDE = 128;

/** Networks that are being asked, or that do not answer. */
const asked = new WeakMap<Engine, Promise<void>>();

/**
 * Tells a flat map of a flat picture from that of a network which answers nothing: runs it on two pictures with
 * structure of every size, which must give two maps. It is asked once.
 * @throws ModelMismatchError `MODEL_FLAT`; the errors of `run`
 */
export async function checkAnswers(life: Lifetime, engine: Engine): Promise<void> {
  if (engine.looks.answers) return;
  const known = asked.get(engine) ?? ask(life, engine);
  asked.set(engine, known);
  try {
    await known;
    engine.looks.answers = true;
  } catch (error) {
    if (!(error instanceof ModelMismatchError)) asked.delete(engine);
    throw error;
  }
}

async function ask(life: Lifetime, engine: Engine): Promise<void> {
  const { width, height } = networkSize(engine.entry.input, SIDE, SIDE, { inputSize: SIDE });
  const { release, ...lease } = engine.once(networkProgram(engine, [height, width]));
  const run = (seed: number) =>
    runPixels(life, engine, texture([height, width], seed), engine.runs.take(), () => ({
      ...lease,
      release: () => {},
    }));
  try {
    const [{ depth: a }, { depth: b }] = await Promise.all([run(1), run(2)]);
    const finite = a.every(Number.isFinite) && b.every(Number.isFinite);
    if (!finite || !differ(a, b)) throw flat(engine, a, finite);
  } finally {
    release();
  }
}

/** Whether some value differs by more than rounding. */
function differ(a: Float32Array, b: Float32Array): boolean {
  const [low, high] = ends(a);
  const rounding = 1e-5 * Math.max(high, -low);
  return a.some((value, i) => Math.abs(value - (b[i] as number)) > rounding);
}

function flat({ entry }: Engine, map: Float32Array, finite: boolean): ModelMismatchError {
  const [low, high] = ends(map);
  const same = low === high ? `${low} everywhere` : 'the same';
  return new ModelMismatchError(
    'MODEL_FLAT',
    `The network of ${entry.name} answers nothing: its map is ${finite ? same : 'not finite'}, ` +
      'whatever the picture shows.',
    {
      phase: 'run',
      expected: 'a map that depends on the picture',
      actual: [low, high],
      hint: 'The weights are not trained, or damaged: compare their SHA-256 with the published one.',
    },
  );
}

function ends(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** Normalised pixels f32[H,W,4]: a slope, blocks of 16 pixels and noise, each channel within ±2. */
function texture([height, width]: Sides, seed: number): Float32Array<ArrayBuffer> {
  const pixels = new Float32Array(4 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const slope = (x / width + (2 * y) / height) / 3;
        const block = random((x >> 4) + 64 * (y >> 4) + 4096 * c + (seed << 24));
        const noise = random(x + 1024 * y + 0x100000 * (c + 1) + (seed << 24));
        pixels[4 * (y * width + x) + c] = 4 * (0.4 * slope + 0.3 * block + 0.3 * noise) - 2;
      }
  return pixels;
}

/** 0…1, the same for the same number. */
function random(seed: number): number {
  const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0) / 2 ** 32;
}
