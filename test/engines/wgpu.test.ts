import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { specs } from '../../truth/specs.js';
import { readPicture } from '../../src/node/image_file.js';
import { ROOT } from '../e2e/chromium.js';
import { fixtures } from '../models/fixtures.js';
import { NANO_FOLDER, nanoReference } from '../models/nano_reference.js';
import { NEVER_STORED } from '../models/run_model.js';
import type { Line, NanoInput } from './deno/lines.js';
import { buildProgram, hasDeno, runProgram } from './deno/run_deno.js';

/** `npm run test:wgpu` runs all of it and needs Deno; `npm test` the short form, where Deno is there. */
const ALL = process.env['DEPTHWISE_ENGINES'] === 'all';
const RUNS = ALL || hasDeno;
if (!RUNS) console.warn('SKIPPED: the package deno has no binary for this machine, so nothing is run on wgpu.');

/** Models against their recordings, besides nano: each compiles for half a minute where a driver has kept nothing. */
const MODELS = ALL ? ['midas-v2.1-small-128x128', 'depth-anything-v2-small-126x126'] : [];
const MINUTES = 60_000;
/** An op has up to 70 pipelines, of which a busy software adapter compiles one in seconds. */
const PATIENCE = 40 * MINUTES;

let nanoInput: string;
beforeAll(async () => {
  if (!RUNS) return;
  await buildProgram();
  const picture = await readPicture(join(NANO_FOLDER, 'room.png'));
  const { tensor, H, W, output } = nanoReference('room', picture);
  const input: NanoInput = {
    weights: join(ROOT, 'models/nano.safetensors'),
    tensor: [...tensor],
    H,
    W,
    output: [...output],
  };
  nanoInput = join(ROOT, 'test/output/nano_input.json');
  await mkdir(join(ROOT, 'test/output'), { recursive: true });
  await writeFile(nanoInput, JSON.stringify(input));
});

/** Lines of one kind; a failure among all is the test's. */
function linesOf<K extends Line['of']>(lines: readonly Line[], of: K): Extract<Line, { of: K }>[] {
  expect(lines.filter((line) => line.of === 'failure')).toEqual([]);
  return lines.filter((line): line is Extract<Line, { of: K }> => line.of === of);
}

describe.skipIf(!RUNS)('models in Deno, on wgpu', () => {
  it(
    'are what the published code computes',
    async () => {
      const lines = await runProgram([`nano=${nanoInput}`, ...MODELS], PATIENCE);
      const [device] = linesOf(lines, 'device');
      console.log(`${await denoVersion()}, adapter: ${device?.adapter}; ${device?.features.join(' ')}`);
      expect(device?.facts.subgroupSize).toBe(0);
      const models = linesOf(lines, 'model');
      expect(models.map(({ name }) => name)).toEqual(['nano', ...MODELS]);
      for (const { name, stages } of models) {
        if (name !== 'nano') {
          const recorded = Object.keys(fixtures()[name]!.stages);
          expect(stages.map(({ stage }) => stage)).toEqual(recorded.filter((stage) => !NEVER_STORED.includes(stage)));
        }
        const last = stages.at(-1)!;
        console.log(`${name}: max ${last.max.toExponential(2)} mean ${last.mean.toExponential(2)}`);
        expect(
          stages.filter(({ passes }) => !passes),
          name,
        ).toEqual([]);
        expect(last.max, name).toBeLessThanOrEqual(1e-4);
        expect(last.mean, name).toBeLessThanOrEqual(1e-5);
      }
    },
    PATIENCE,
  );
});

describe.runIf(ALL)('every case of every op in Deno, on wgpu', () => {
  it.each(specs.map((spec) => [spec.op.name, spec] as const))(
    '%s',
    async (name, spec) => {
      const cases = linesOf(await runProgram([`op=${name}`], PATIENCE), 'case');
      for (const kase of spec.cases)
        expect(
          cases.some((line) => line.name.includes(`"${kase.name}"`)),
          kase.name,
        ).toBe(true);
      expect(cases.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
      const worst = Math.max(...cases.map(({ ratio }) => ratio));
      const kernels = [...new Set(cases.map(({ kernel }) => kernel))];
      console.log(`${name}: ${cases.length} cases on ${kernels.join(', ')}; worst ${worst.toFixed(2)} of the gate`);
    },
    PATIENCE,
  );
});

async function denoVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'node_modules/deno/package.json'), 'utf8')) as {
    version: string;
  };
  return `Deno ${version}`;
}
