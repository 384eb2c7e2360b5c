import { expect } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { Graph, Node } from '../../src/graph/graph.js';
import type { FixtureRecord } from '../../truth/recordings.js';
import { distances } from './distances.js';
import { NEVER_STORED, runFixture } from './run_model.js';

/** What is seen of a run, and what is asked of it. */
export interface RunLook {
  /** Is shown the graph. */
  readonly see?: (graph: Graph) => void;
  /** Names the kernel of a node in place of the rule. */
  readonly kernel?: (node: Node) => string | undefined;
}

/** Runs a fixture's model and expects every recorded stage inside the bounds. */
export async function expectFixture(
  gpu: Gpu,
  name: string,
  fixture: FixtureRecord,
  storage: 'f32' | 'f16',
  { see, kernel }: RunLook = {},
): Promise<void> {
  const run = await runFixture(gpu, fixture, storage, see ? { graph: see } : {}, kernel);
  const errors = distances(name, fixture, run, storage);
  const table = errors.map((e) => `${e.stage} max ${e.max.toExponential(2)} mean ${e.mean.toExponential(2)}`);
  // Every other recorded stage must have been compared.
  expect(errors.map(({ stage }) => stage)).toEqual(
    Object.keys(fixture.stages).filter(
      (stage) => !NEVER_STORED.includes(stage) && (storage === 'f32' || !fixture.stepped?.includes(stage)),
    ),
  );
  for (const { stage, passes } of errors) expect(passes, `${stage} is out of bounds\n${table.join('\n')}`).toBe(true);
  console.log(`${name} ${storage}: ${run.dispatches} dispatches; ${table.at(-1)}`);
}
