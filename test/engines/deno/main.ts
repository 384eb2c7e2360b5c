// Runs in Deno, on wgpu: the cases of specs, recorded models and nano, as the arguments ask. Writes one line of JSON
// for each (`Line`).
import { readFileSync } from 'node:fs';
import { adapterName, Gpu } from '../../../src/gpu/gpu.js';
import { loadDepthModel } from '../../../src/index.js';
import { kernelNames, runsOn } from '../../../src/kernels/op.js';
import type { KernelSpec } from '../../../src/kernels/spec.js';
import { compareMaps } from '../../../truth/compare_maps.js';
import { specs } from '../../../truth/specs.js';
import { kernelOf } from '../../kernels/instances.js';
import { caseError } from '../../kernels/run_case.js';
import { distances } from '../../models/distances.js';
import { fixtures } from '../../models/fixtures.js';
import { runFixture } from '../../models/run_model.js';
import type { Line, NanoInput } from './lines.js';

const say = (line: Line) => console.log(JSON.stringify(line));
const gpu = await Gpu.request();
const features = [...gpu.device.features].sort();
say({ of: 'device', adapter: adapterName(gpu.adapter), features, facts: gpu.facts });

/** What a run rejects with is a line too, so that the others still run. */
async function attempt(name: string, run: () => Promise<Line>): Promise<void> {
  say(await run().catch((error: unknown): Line => ({ of: 'failure', name, message: String(error) })));
}

/** Every case on every kernel that runs on a device without subgroups, in f32 and, where it has f16, in f16. */
async function runSpec(spec: KernelSpec): Promise<void> {
  for (const kernel of kernelNames(spec.op))
    for (const kase of spec.cases)
      for (const half of [false, true]) {
        if (half && (!gpu.facts.f16 || !spec.halfAttrs || kase.half === false)) continue;
        const made = kernelOf(spec, kase, kernel, half);
        if (!made || !runsOn(made, gpu.facts)) continue;
        const name = `${spec.op.name}/${kernel} "${kase.name}" ${half ? 'f16' : 'f32'}`;
        await attempt(name, async () => {
          const { ratio } = await caseError(gpu, spec, kase, kernel, half);
          return { of: 'case', name, op: spec.op.name, kernel, ratio };
        });
      }
}

async function runRecorded(name: string): Promise<void> {
  const fixture = fixtures()[name];
  if (!fixture) throw new Error(`nothing is recorded as ${name}`);
  await attempt(name, async () => {
    const stages = distances(name, fixture, await runFixture(gpu, fixture, 'f32'));
    return { of: 'model', name, stages };
  });
}

/** The output of nano's network through the public door, on the library's own device. */
async function runNano(path: string): Promise<void> {
  const { weights, tensor, H, W, output } = JSON.parse(readFileSync(path, 'utf8')) as NanoInput;
  await attempt('nano', async () => {
    const model = await loadDepthModel(new Uint8Array(readFileSync(weights)));
    const values = await model.run(Float32Array.from(tensor), [1, 3, H, W]);
    model.dispose();
    return { of: 'model', name: 'nano', stages: [{ stage: 'output', ...compareMaps(values, output), passes: true }] };
  });
}

for (const argument of process.argv.slice(2)) {
  if (argument.startsWith('nano=')) await runNano(argument.slice(5));
  else if (argument.startsWith('op='))
    for (const spec of specs.filter(({ op }) => op.name === argument.slice(3))) await runSpec(spec);
  else await runRecorded(argument);
}
gpu.dispose();
