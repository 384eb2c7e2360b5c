import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CHIPS } from '../../bench/static/chips.js';
import { staticHost } from '../../bench/static/host.js';
import { NETWORKS } from '../../bench/static/networks.js';
import { nullDeviceFault } from '../../bench/static/null_device.js';
import { parsePrediction, regressions } from '../../bench/static/prediction.js';
import { runStatic } from '../../bench/static/run_static.js';

const prediction = parsePrediction(readFileSync('bench/static/prediction.json', 'utf8'));
const chips = CHIPS.filter(({ name }) => prediction.models.some(({ chip }) => chip === name));

it.for(NETWORKS.filter(({ model }) => prediction.models.some((one) => one.model === model)))(
  '$model takes what was predicted, and its hot loops clamp and spill nothing',
  async (network, { skip }) => {
    const fault = nullDeviceFault();
    if (fault) skip(fault);
    const models = prediction.models.filter(({ model }) => model === network.model);
    const precisions = [...new Set(models.map(({ precision }) => precision))];
    const host = await staticHost(process.cwd(), { version: 'test', commit: 'test' });
    const document = await runStatic(
      { networks: [network], chips, intel: [], precisions, contenders: false, peers: [] },
      host,
    );
    host.gpu.dispose();
    expect(document.skipped).toEqual([]);
    expect(regressions({ ...prediction, models }, document)).toEqual([]);
  },
);
