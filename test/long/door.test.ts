import { expect, it } from 'vitest';
import { loadDepthModel } from '../../src/index.js';
import { compareMaps } from '../../truth/compare_maps.js';
import { compareStage } from '../../truth/compare_stage.js';
import type { FixtureRecord } from '../../truth/recordings.js';
import { seededCheckpoint, seededInput, seededPicture } from '../../truth/seeded_weights.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors, fixtures, recordedStages, withoutHub } from '../models/fixtures.js';

/** The smallest model of each family on a transformer of MiDaS's kind, in the authors' names, and one in the hub's. */
const FIXTURES = ['dpt-hybrid-128x96', 'dpt-beit-base-384-128x96', 'dpt-beit-base-384-hub-128x96', 'zoedepth-n-128x96'];

it.each(FIXTURES)('a file of weights alone is the model, and gives its map: %s', async (name) => {
  const { model: fixture, checkpoint, input, width, height, stages } = fixtures()[name] as FixtureRecord;
  const { device } = await testGpu();
  const convention = fixture.endsWith('-hub') ? 'hub' : 'original';
  const weights = seededCheckpoint(checkpointTensors(checkpoint)) as Uint8Array<ArrayBuffer>;
  const warnings: string[] = [];
  const onWarning = ({ code }: { code: string }) => void warnings.push(code);
  const options = { device, cache: false, precision: 'f32', convention, onWarning } as const;
  using model = await loadDepthModel(weights, options);
  expect(model.info.name).toBe(withoutHub(fixture));
  expect(warnings).toEqual([]);
  const map = await model.run(seededInput(input, height, width), [1, 3, height, width]);
  const error = compareStage('output', stages['output']!, recordedStages(name).get('output')!, map, [height, width]);
  console.log(`${name}: max ${error.max.toExponential(2)} mean ${error.mean.toExponential(2)}`);
  expect(error.max).toBeLessThanOrEqual(2e-5);
  expect(error.mean).toBeLessThanOrEqual(2e-6);
});

it.each([
  ['once', false],
  ['averaged', true],
])(
  'ZoeDepth gives what the published infer gives of a picture, its border included: %s',
  async (stage, flipAverage) => {
    const { device } = await testGpu();
    const weights = seededCheckpoint(checkpointTensors('zoedepth-n')) as Uint8Array<ArrayBuffer>;
    using model = await loadDepthModel(weights, { device, cache: false, precision: 'f32', flipAverage });
    const [width, height] = [75, 50];
    const picture = { data: seededPicture(`${width}x${height}`, height, width), width, height, channels: 3 } as const;
    const depth = await model.estimate(picture, { inputSize: 160 });
    const error = compareMaps(await depth.read(), recordedStages('zoedepth-n-infer').get(stage)!);
    depth.dispose();
    console.log(`${stage}: max ${error.max.toExponential(2)} mean ${error.mean.toExponential(2)}`);
    expect(error.max).toBeLessThanOrEqual(1e-4);
    expect(error.mean).toBeLessThanOrEqual(1e-5);
  },
);
