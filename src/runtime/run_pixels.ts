import type { Engine, Lease, ProgramBuilder } from './engine.js';
import { submitRead } from '../gpu/buffers.js';
import type { Value } from '../graph/graph.js';
import type { Lifetime } from './lifetime.js';
import type { Finding, Look } from './looks.js';
import type { Turn } from './run_queue.js';

/** Height and width in pixels. */
export type Sides = readonly [number, number];

/** What the network gave, and what the run has shown. */
export interface RawDepth {
  /** f32[H,W]. */
  readonly depth: Float32Array;
  readonly found: Finding | undefined;
}

/** The network on normalised pixels f32[H,W,4]. */
export function networkProgram(engine: Engine, [H, W]: Sides): ProgramBuilder {
  return (graph) => {
    const picture = graph.input('image', { dtype: 'f32', shape: [H, W, 4] });
    return { keep: { depth: engine.network(picture).depth }, inputs: { picture } };
  };
}

/** Runs a `networkProgram`, claimed when it is its turn, on `pixels` f32[H,W,4]. */
export async function runPixels(
  life: Lifetime,
  engine: Engine,
  pixels: Float32Array<ArrayBuffer>,
  turn: Turn,
  claim: () => Lease,
): Promise<RawDepth> {
  const { gpu, looks } = engine;
  const bytes = pixels.byteLength / 4;
  let lease: Lease | undefined;
  let look: Look | undefined;
  try {
    if (turn.wait) await life.guard(engine, turn.wait);
    lease = claim();
    const { executable, values } = lease.ready ?? (await life.guard(engine, lease.program));
    const start = performance.now();
    const read = submitRead(gpu, bytes, (encoder, cut) => {
      gpu.device.queue.writeBuffer(executable.buffer(values['picture'] as Value), 0, pixels);
      look = looks.look(executable);
      look?.begin(encoder);
      const last = executable.encode(encoder, {}, { cut });
      const map = executable.buffer(values['depth'] as Value);
      look?.end(last, map, bytes);
      return map;
    });
    const checked = read.then(async (map) => ({ depth: new Float32Array(map), found: await look?.found() }));
    turn.during(checked);
    const result = await life.guard(engine, checked);
    executable.noteDuration(performance.now() - start);
    return result;
  } finally {
    turn.end();
    look?.dispose();
    lease?.release();
  }
}
