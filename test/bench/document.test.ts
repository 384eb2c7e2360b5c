import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparison, moves } from '../../bench/compare.js';
import { parseDocument } from '../../bench/document.js';
import { peerLine } from '../../bench/peer_tables.js';
import { rooflineSvg } from '../../bench/roofline.js';
import { summarizeSamples } from '../../bench/statistics.js';
import { tableText } from '../../bench/table.js';
import { number } from '../../bench/table_text.js';
import { benchDocument, kernelResult, modelResult, onSoftware, peerResult, watchedPeerResult } from './documents.js';

const json = (changes: object) => JSON.stringify({ ...benchDocument(), ...changes });
const watched = watchedPeerResult();
const times = (median: number, spread: number) =>
  summarizeSamples(Array.from({ length: 20 }, (_, i) => median + spread * ((i % 5) - 2)));

describe('parseDocument', () => {
  it('takes a document back from JSON unchanged', () => {
    expect(parseDocument(json({}))).toEqual(benchDocument());
  });

  it('takes peers with and without what comes before their submits', () => {
    const document = benchDocument({ peers: [peerResult(), watched] });
    expect(parseDocument(JSON.stringify(document))).toEqual(document);
  });

  it('names what is missing or of the wrong kind', () => {
    const cases: [object, string][] = [
      [{ schema: 'depthwise-bench/0' }, 'schema is "depthwise-bench/0"'],
      [{ clock: undefined }, 'document.clock is missing'],
      [{ clock: { source: 'queue' } }, 'document.clock.quantumNs is not of kind number'],
      [{ results: {} }, 'document.results is not of kind array'],
      [
        { results: [kernelResult(), { ...kernelResult(), gateRatio: null }] },
        'results[1].gateRatio is not of kind number',
      ],
      [
        { results: [{ ...kernelResult(), ms: { ...kernelResult().ms, p95: '1' } }] },
        'results[0].ms.p95 is not of kind number',
      ],
      [{ models: [{ ...modelResult(), memory: {} }] }, 'models[0].memory.weights is not of kind number'],
      [{ peers: [{ ...peerResult(), other: { firstMs: 1 } }] }, 'peers[0].other.ms is missing'],
      [
        { peers: [peerResult(), { ...peerResult(), maxDifference: null }] },
        'peers[1].maxDifference is not of kind number',
      ],
      [
        { peers: [{ ...watched, other: { ...watched.other, submit: { ...watched.other.submit, ms: 6 } } }] },
        'peers[0].other.submit.ms is missing',
      ],
      [
        {
          peers: [
            peerResult(),
            {
              ...watched,
              depthwise: { ...watched.depthwise, submit: { ...watched.depthwise.submit, waits: undefined } },
            },
          ],
        },
        'peers[1].depthwise.submit.waits is not of kind number',
      ],
      [
        { peers: [{ ...watched, depthwise: { ...watched.depthwise, network: { dispatches: 90, pipelines: '20' } } }] },
        'peers[0].depthwise.network.pipelines is not of kind number',
      ],
      [
        { peers: [{ ...watched, other: { ...watched.other, cpuMs: { median: 3 } } }] },
        'peers[0].other.cpuMs.min is not of kind number',
      ],
    ];
    for (const [changes, fault] of cases) expect(() => parseDocument(json(changes)), fault).toThrow(fault);
    expect(() => parseDocument('null')).toThrow('document is missing');
  });
});

describe('bench/results', () => {
  const folder = new URL('../../bench/results/', import.meta.url);

  it.each(readdirSync(folder))('%s is a sound document of the day it is named after', (name) => {
    const { date, results, models, peers } = parseDocument(readFileSync(new URL(name, folder), 'utf8'));
    expect(name.slice(0, 10)).toBe(date.slice(0, 10));
    expect([...results, ...models, ...peers].length).toBeGreaterThan(0);
  });
});

describe('tableText', () => {
  it('has the adapter first, then ceilings, kernels with their errors, models, peers and what was left out', () => {
    const text = tableText(benchDocument());
    expect(text.split('\n')[0]).toBe('adapter: Test <GPU> & co');
    expect(text).toContain('quantum 65536 ns');
    for (const part of [
      'FMA f32 GFLOP/s',
      'gemm/registers f32 square',
      '0.25',
      'all outputs',
      'tiny 14×14 f32',
      '2.50×',
      'more than 4 GFLOP',
    ])
      expect(text).toContain(part);
  });

  it('marks the fastest kernel on a GPU; on a CPU only when told to', () => {
    const slow = kernelResult({ kernel: 'tiled', ms: times(3, 0) });
    const document = benchDocument({ results: [slow, kernelResult()] });
    expect(tableText(document)).toMatch(/\* gemm\/registers f32 square/);
    expect(tableText(document)).not.toMatch(/\* gemm\/tiled/);
    expect(tableText(onSoftware(document))).not.toContain('* gemm');
    expect(tableText(onSoftware(document))).toContain('evidence, not performance');
    expect(tableText(onSoftware(document, true))).toContain('* gemm/registers');
  });

  it('has the time until the last submit where both sides were seen', () => {
    const half = { ...watched, id: 'half seen', other: peerResult().other };
    const title = 'until its last submit';
    expect(tableText(benchDocument({ peers: [peerResult(), half] }))).not.toContain(title);
    const [, table = ''] = tableText(benchDocument({ peers: [half, watched] })).split(title);
    expect(table).toMatch(/network beside someone +20\.00× +0\.500 +10\.0 +3, 3 +1, 12 +90, 180 +0, 0/);
    expect(table).not.toContain('half seen');
  });

  it('has what Depthwise made of the networks that peers ran, once each', () => {
    const title = 'The networks of these on Depthwise';
    expect(tableText(benchDocument({ peers: [peerResult()] }))).not.toContain(title);
    const again = { ...watched, id: 'network beside another', peer: 'another' };
    const [, table = ''] = tableText(benchDocument({ peers: [peerResult(), watched, again] })).split(title);
    expect(table.match(/^network +90 +20 +12\.0 +1\.20$/gm)).toHaveLength(1);
  });

  it('has the ratio of processor times where both are known', () => {
    expect(peerLine(watched)).toContain('2.50×, 4.00× of CPU time, 1.00/2.00/');
    expect(tableText(benchDocument({ peers: [watched] }))).toMatch(
      /network beside someone +2\.50× +4\.00× +2\.00 +5\.00/,
    );
    expect(peerLine(peerResult())).not.toContain('CPU time');
  });

  it('says that outputs were not compared where they were not', () => {
    const { maxDifference: _, ...peer } = peerResult();
    expect(peerLine(peer)).toContain('outputs not compared');
    expect(tableText(benchDocument({ peers: [peer] }))).toContain('gemm beside someone');
  });

  it('says which kernel is wrong', () => {
    expect(tableText(benchDocument({ results: [kernelResult({ ok: false, gateRatio: 7 })] }))).toContain('7.00 WRONG');
  });

  it('prints three significant digits', () => {
    expect([0, 0.001234, 1.234, 12.34, 123.4, 12345].map(number)).toEqual([
      '0',
      '0.00123',
      '1.23',
      '12.3',
      '123',
      '12345',
    ]);
  });
});

describe('rooflineSvg', () => {
  const attribute = (tag: string, name: string) => Number(new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1]);
  const circles = (svg: string) =>
    [...svg.matchAll(/<circle class="kernel"[^>]*>/g)].map(([tag]) => ({
      x: attribute(tag, 'cx'),
      y: attribute(tag, 'cy'),
    }));

  it('draws every kernel with work at its place on logarithmic axes', () => {
    const results = [
      kernelResult(),
      kernelResult({ case: 'ten times the rate', gflops: 10 }),
      kernelResult({ case: 'hundredth', gflops: 0.1 }),
      kernelResult({ case: 'ten times the intensity', bytes: 1e6 }),
      kernelResult({ case: 'no work', flops: 0, gflops: 0 }),
    ];
    const [a, b, c, d, ...rest] = circles(rooflineSvg(benchDocument({ results })));
    if (!a || !b || !c || !d) throw new Error('circles are missing');
    expect(rest).toEqual([]);
    expect(b.y - a.y).toBeCloseTo(c.y - b.y, 0);
    expect(b.y).toBeGreaterThan(a.y);
    expect(d.x).toBeGreaterThan(a.x);
    expect(d.y).toBe(a.y);
  });

  it('bends the roof where bandwidth meets arithmetic, one for each precision', () => {
    const svg = rooflineSvg(benchDocument());
    const roofs = [...svg.matchAll(/class="roof" d="M(\S+) (\S+) L(\S+) (\S+) L(\S+) (\S+)"/g)].map(([, ...numbers]) =>
      numbers.map(Number),
    );
    expect(roofs).toHaveLength(2);
    for (const [, y0, x1, y1, x2, y2] of roofs as [number, number, number, number, number, number][]) {
      expect(y0).toBeGreaterThan(y1);
      expect(y2).toBe(y1);
      expect(x2).toBeGreaterThan(x1);
    }
    expect(svg).toContain('copy 100 GB/s');
  });

  it('is well-formed, whatever the adapter is called, and flags a CPU', () => {
    const svg = rooflineSvg(onSoftware(benchDocument()));
    expect(svg).toContain('Test &lt;GPU&gt; &amp; co');
    expect(svg).toContain('evidence, not performance');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(rooflineSvg(benchDocument())).not.toContain('evidence');
  });

  it('needs ceilings', () => {
    expect(() => rooflineSvg(benchDocument({ peaks: {} }))).toThrow('measured ceilings');
  });
});

describe('comparison', () => {
  it('calls a move only what lies outside the noise of both runs', () => {
    const cases = ['same', 'noisy', 'faster', 'slower', 'tiny'];
    const run = (all: readonly [number, number][]) =>
      benchDocument({
        models: [],
        results: cases.map((kase, i) => kernelResult({ case: kase, ms: times(...(all[i] as [number, number])) })),
      });
    const before = run([
      [10, 0.1],
      [10, 4],
      [10, 0.1],
      [10, 0.1],
      [10, 0.001],
    ]);
    const after = run([
      [10, 0.1],
      [11, 4],
      [5, 0.1],
      [12, 0.1],
      [10.2, 0.001],
    ]);
    expect(Object.fromEntries(moves(before, after).map(({ id, verdict }) => [id.split(' ').at(-1), verdict]))).toEqual({
      same: 'same',
      noisy: 'same',
      faster: 'faster',
      slower: 'slower',
      tiny: 'same',
    });
    const { table, warnings } = comparison(before, after);
    expect(table.title).toContain('1 faster, 1 slower, 3 within noise');
    expect(table.rows[0]?.[0]).toContain('faster');
    expect(table.rows[0]?.[3]).toBe('0.500');
    expect(warnings).toEqual([]);
  });

  it('warns of other adapters and clocks, and lists what is new and gone', () => {
    const after = {
      ...benchDocument({ results: [kernelResult({ case: 'new' })], clock: { source: 'queue', quantumNs: 1 } }),
    };
    const other = { ...after, env: { ...after.env, adapter: { ...after.env.adapter, description: 'another' } } };
    expect(comparison(benchDocument(), other).warnings).toEqual([
      'adapters differ: description is "another", was "Test <GPU> & co"',
      'clocks differ: queue, was timestamp-query',
      'new: gemm/registers f32 new',
      'gone: gemm/registers f32 square',
    ]);
  });
});
