import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { INTEL_CHIPS } from '../../bench/static/chips.js';
import { isPredicted, parseStaticDocument, type CountedRow, type StaticDocument } from '../../bench/static/document.js';
import { staticHost } from '../../bench/static/host.js';
import { intelFault } from '../../bench/static/intel_driver.js';
import { NETWORKS } from '../../bench/static/networks.js';
import { nullDeviceFault } from '../../bench/static/null_device.js';
import { runStatic } from '../../bench/static/run_static.js';
import { spills } from '../../bench/static/spills.js';

const before = parseStaticDocument(readFileSync('bench/static/results/2026-11-28-intel.json', 'utf8'));
const counted = ({ rows }: StaticDocument) => rows.filter((row): row is CountedRow => !isPredicted(row));
const models = new Set(before.rows.map(({ model }) => model));

it.for(NETWORKS.filter(({ model }) => models.has(model)))(
  "$model spills in no hot loop on Intel's chips, lanes asked for or not, and elsewhere no more than written",
  async (network, { skip }) => {
    const fault = nullDeviceFault() ?? intelFault();
    if (fault) skip(fault);
    const host = await staticHost(process.cwd(), { version: 'test', commit: 'test' });
    const options = {
      networks: [network],
      chips: [],
      intel: INTEL_CHIPS,
      precisions: ['f32'],
      contenders: false,
      peers: [],
    } as const;
    const document = await runStatic(options, host);
    host.gpu.dispose();
    expect(document.skipped).toEqual([]);
    const known = spills(counted(before).filter(({ model }) => model === network.model));
    const now = spills(counted(document));
    expect(now.map(({ chip, lanes }) => [chip, lanes])).toEqual(known.map(({ chip, lanes }) => [chip, lanes]));
    expect(new Set(now.map(({ lanesAsked }) => lanesAsked))).toEqual(new Set([true, false]));
    for (const [i, { chip, lanes, hot, spilling }] of now.entries()) {
      expect(hot, `${chip} at ${lanes} lanes`).toBe(0);
      expect(spilling).toBeLessThanOrEqual(known[i]?.spilling ?? 0);
    }
  },
);
