import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { planSlots } from '../../../src/graph/plan.js';
import { registry } from '../../../src/models/registry.js';
import { byteLength } from '../../../src/tensor.js';
import { frameGraph } from './frame_graph.js';

const ROOT = join(import.meta.dirname, '../../..');
/** WebGPU's default for maxStorageBufferBindingSize, and what all buffers together may take on a small GPU. */
const BINDING = 2 ** 27;
const ALL = 2 ** 30;
/** Models that have the tensors of others; nano's are in its own file, and a hundredth of any bound here. */
const LIKE: Readonly<Record<string, string>> = {
  'midas-v2.0-large': 'midas-v2.1-large',
  'depth-anything-3-metric-large': 'depth-anything-3-mono-large',
  'metric-video-depth-anything-small': 'video-depth-anything-small',
};
const models = registry.filter(({ name }) => name !== 'nano');

function checkpointOf(name: string, size: string): string {
  const names = [LIKE[name] ?? name, `depth-anything-${size}`];
  return names.find((each) => existsSync(join(ROOT, `test/fixtures/models/${each}.tensors.json`)))!;
}

/** What a frame of a model takes whose picture has the size that the model is for, in bytes. */
function bytesOf({ name, size, input: { width, height } }: (typeof models)[number], storage: 'f32' | 'f16') {
  const { graph, depth, geometry } = frameGraph(name, checkpointOf(name, size), {
    storage,
    picture: { width, height },
  });
  const { slots, bytes } = planSlots(graph, [depth], { maxBufferSize: BINDING });
  const values = [...graph.nodes.flatMap(({ outputs }) => Object.values(outputs)), ...graph.constants.values()];
  const weights = [...graph.constants.values()].reduce((sum, { type }) => sum + byteLength(type), 0);
  const binding = Math.max(...values.map(({ type }) => byteLength(type)));
  return { network: geometry.network, binding, slot: Math.max(...slots), all: bytes + weights };
}

const inMB = (bytes: number) =>
  (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0).replace(/(?=\d{3}$)/, bytes >= 1e9 ? ',' : '');

it('every published model binds at most 128 MiB at its own size; 1 GiB holds all in f16, f32 where it is said', () => {
  const rows = new Map<string, string[]>();
  for (const entry of models) {
    const [full, half] = [bytesOf(entry, 'f32'), bytesOf(entry, 'f16')];
    for (const { binding, slot } of [full, half]) {
      expect(binding, entry.name).toBeLessThanOrEqual(BINDING);
      expect(slot, entry.name).toBeLessThanOrEqual(BINDING);
    }
    expect(half.all, entry.name).toBeLessThanOrEqual(ALL);
    const { width, height } = full.network;
    const all = full.all <= ALL ? inMB(full.all) : `**${inMB(full.all)}**`;
    const cells = [`${width}×${height}`, inMB(full.binding), inMB(half.binding), all, inMB(half.all)].join(' | ');
    rows.set(cells, [...(rows.get(cells) ?? []), `\`${entry.name}\``]);
  }
  const table = [...rows].map(([cells, names]) => `| ${names.join(', ')} | ${cells} |`);
  const document = readFileSync(join(ROOT, 'docs/performance.md'), 'utf8');
  const begin = document.indexOf('| model, at its own size |');
  const written = document.slice(begin, document.indexOf('\n\n', begin)).split('\n').slice(2);
  expect(written).toEqual(table);
});
