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

it.for(INTEL_CHIPS)(
  '$name: no network spills in a hot loop, lanes asked for or not, and elsewhere those counted no more than written',
  async (chip, { skip }) => {
    const fault = nullDeviceFault() ?? intelFault();
    if (fault) skip(fault);
    const host = await staticHost(process.cwd(), { version: 'test', commit: 'test' });
    const document = await runStatic(
      { networks: NETWORKS, chips: [], intel: [chip], precisions: ['f32'], contenders: false, peers: [] },
      host,
    );
    host.gpu.dispose();
    expect(document.skipped).toEqual([]);
    const rows = counted(document);
    expect(new Set(rows.map(({ model }) => model))).toEqual(new Set(NETWORKS.map(({ model }) => model)));
    expect(new Set(rows.map(({ lanesAsked }) => lanesAsked))).toEqual(new Set([true, false]));
    const hot = rows.filter(({ hotSpills }) => hotSpills > 0);
    expect(hot.map(({ model, kernel, shape, lanes }) => `${model} ${kernel} ${shape} at ${lanes} lanes`)).toEqual([]);
    for (const model of new Set(before.rows.map((row) => row.model))) {
      const of = (all: readonly CountedRow[]) =>
        spills(all.filter((row) => row.chip === chip.name && row.model === model));
      const [known, now] = [of(counted(before)), of(rows)];
      expect(now.map(({ lanes }) => lanes)).toEqual(known.map(({ lanes }) => lanes));
      for (const [i, { lanes, spilling }] of now.entries())
        expect(spilling, `${model} at ${lanes} lanes`).toBeLessThanOrEqual(known[i]?.spilling ?? 0);
    }
  },
);
