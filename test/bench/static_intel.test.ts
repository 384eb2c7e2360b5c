import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { INTEL_CHIPS } from '../../bench/static/chips.js';
import { parseStaticDocument, SCHEMA, type CountedRow } from '../../bench/static/document.js';
import { runIntel } from '../../bench/static/intel.js';
import { hotLoopOf } from '../../bench/static/intel_assembly.js';
import { intelFault } from '../../bench/static/intel_driver.js';
import type { StaticHost, StaticOptions } from '../../bench/static/options.js';
import { spills } from '../../bench/static/spills.js';
import { staticTable } from '../../bench/static/table.js';

const ROW: CountedRow = {
  chip: 'dg2',
  model: 'tiny',
  kernel: 'gemm/tiled',
  shape: '2x4x8',
  chosen: true,
  precision: 'f32',
  nodes: 1,
  ldsBytes: 0,
  workgroups: 4,
  text: '01234567',
  lanes: 8,
  lanesAsked: true,
  spilledVgprs: 0,
  fills: 0,
  hotSpills: 0,
  hotFmaShare: 0.8,
  instructions: 100,
  sends: 4,
  cycles: 1000,
};

function textWith(...rows: readonly object[]): string {
  const tool = { version: '0', commit: '0' };
  const chips = [{ chip: 'dg2', title: 'Arc', driver: 'ANV' }];
  return JSON.stringify({ schema: SCHEMA, date: '2026-11-27T12:00:00Z', tool, chips, models: [], skipped: [], rows });
}

describe('rows of what a compiler counts', () => {
  it('are read back, and make a table without a prediction', () => {
    const document = parseStaticDocument(textWith(ROW, { ...ROW, lanes: 16, lanesAsked: false, text: '89abcdef' }));
    expect(document.rows[0]).toEqual(ROW);
    expect(staticTable(document)).toContain('dg2: Arc, ANV');
    expect(staticTable(document)).toMatch(/^\* gemm\/tiled +dg2 +tiny +2x4x8 +f32 +1 +\*8 /m);
    expect(staticTable(document)).not.toContain('predicted ms');
  });

  it.each([
    [{ lanes: 0 }, 'rows[0].lanes is 0, not above 0'],
    [{ spilledVgprs: undefined }, 'rows[0].spilledVgprs is not of kind number'],
    [{ hotFmaShare: 1.2 }, 'rows[0].hotFmaShare is 1.2, not of 0 to 1'],
  ])('are refused with %o', (changes, fault) => {
    expect(() => parseStaticDocument(textWith({ ...ROW, ...changes }))).toThrow(fault);
  });
});

it('a text counts once among those that spill, and once for each number of lanes', () => {
  const spilling = { ...ROW, spilledVgprs: 3, fills: 5, hotSpills: 2 };
  const rows = [ROW, spilling, { ...spilling, model: 'other' }, { ...spilling, text: 'ffffffff', hotSpills: 0 }];
  expect(spills([...rows, { ...spilling, lanes: 16, lanesAsked: false }])).toEqual([
    { chip: 'dg2', precision: 'f32', lanes: 8, lanesAsked: true, texts: 2, spilling: 2, hot: 1, stores: 6, loads: 10 },
    { chip: 'dg2', precision: 'f32', lanes: 16, lanesAsked: false, texts: 1, spilling: 1, hot: 1, stores: 3, loads: 5 },
  ]);
});

describe("the assembly of Intel's compiler", () => {
  const indent = ' '.repeat(28);
  const load = [
    'send(8)         g1UD            g62UD           nullUD          0x02403500',
    `${indent}slm MsgDesc: ( load, a32, d32, V4, L1STATE_L3MOCS dst_len = 4, src0_len = 1, src1_len = 0 flat )`,
  ];
  const spill = {
    dg2: `${indent}ugm MsgDesc: ( store, a32, d32, V1, L1STATE_L3MOCS dst_len = 0, src0_len = 1, ss )  surface_state 0`,
    tgl: `${indent}data MsgDesc: (DC OWORD block write, bti 253, owords = 2, aligned = 0)  mlen 1 ex_mlen 1 rlen 0`,
  };
  const mad = 'mad(8)          g4<1>F          g4<8,8,1>F      g1<8,8,1>F      g2<1,1,1>F { align1 1Q };';
  const nested = (chip: 'dg2' | 'tgl', inside: readonly string[]) =>
    [
      'Push constant ranges:',
      '    RANGE0 (32B): Vulkan push constants and API params',
      '',
      'LABEL2:',
      ...['send(8)         nullUD          g1UD', spill[chip]],
      mad,
      'LABEL1:',
      '(+f0.0) break(8) JIP:  LABEL0         UIP:  LABEL0              { align1 1Q };',
      'sync nop(1)                     null<0,1,0>UB                   { align1 WE_all 1N I@3 };',
      ...load,
      ...inside,
      mad,
      mad.replaceAll('>F', '>D'),
      mad,
      'LABEL0:',
      'while(8)        JIP:  LABEL1                                    { align1 1Q };',
      'while(8)        JIP:  LABEL2                                    { align1 1Q };',
    ].join('\n');

  it.each(['dg2', 'tgl'] as const)('%s: the loop with most multiply-adds is judged by its own messages', (chip) => {
    expect(hotLoopOf(nested(chip, []))).toEqual({ fmaShare: 2 / 6, spills: 0 });
    const spilling = ['send(8)         nullUD          g1UD', spill[chip]];
    expect(hotLoopOf(nested(chip, spilling))).toEqual({ fmaShare: 2 / 7, spills: 1 });
  });

  it('has no hot loop where no loop multiplies', () => {
    expect(hotLoopOf(mad)).toEqual({ fmaShare: 0, spills: 0 });
  });
});

describe('where the tools are not there', () => {
  const here = import.meta.filename;

  it.each([
    [{}, 'DEPTHWISE_INTEL_SHIM does not name'],
    [{ DEPTHWISE_INTEL_SHIM: '/nowhere/shim.so' }, '/nowhere/shim.so, which is not there'],
    [{ DEPTHWISE_INTEL_SHIM: here, DEPTHWISE_INTEL_ICD: '/nowhere/icd.json' }, '/nowhere/icd.json, which is not there'],
  ])('%o: one line says what is missing', (env, words) => {
    expect(intelFault(env)).toContain(words);
    expect(intelFault(env)).not.toContain('\n');
  });

  it('nothing is where both are', () => {
    expect(intelFault({ DEPTHWISE_INTEL_SHIM: here, DEPTHWISE_INTEL_ICD: here })).toBeUndefined();
  });

  it('each chip is left out in words', async () => {
    const options = { intel: INTEL_CHIPS } as unknown as StaticOptions;
    const host = { intelFault: () => 'no shim' } as unknown as StaticHost;
    const { skipped, rows } = await runIntel(options, host);
    expect(rows).toEqual([]);
    expect(skipped).toEqual(INTEL_CHIPS.map(({ name }) => ({ id: name, reason: 'no shim' })));
  });
});

describe('bench/static/results', () => {
  const folder = new URL('../../bench/static/results/', import.meta.url);

  it.each(readdirSync(folder))('%s is a sound document of the day it is named after', (name) => {
    const { date, rows } = parseStaticDocument(readFileSync(new URL(name, folder), 'utf8'));
    expect(name.slice(0, 10)).toBe(date.slice(0, 10));
    expect(rows.length).toBeGreaterThan(0);
  });
});
