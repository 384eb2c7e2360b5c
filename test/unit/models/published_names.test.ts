import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../../src/graph/graph.js';
import { networkSize } from '../../../src/image/size.js';
import { families } from '../../../src/models/families/index.js';
import { identify, originalNames } from '../../../src/models/identify.js';
import { codeOf, registry } from '../../../src/models/registry.js';
import { ModelMismatchError } from '../../../src/errors.js';
import type { TensorTable } from '../../../src/weights/format/tensor_table.js';
import { Weights, type Misfit } from '../../../src/weights/weights.js';
import { headerOf, type TensorList } from '../weights/checkpoint_headers.js';

/** Names and shapes of every tensor of published checkpoints, by the authors and by the hub. */
const LISTS = join(import.meta.dirname, '../../../../shared/facts/checkpoints');
const here = existsSync(LISTS);
if (!here) console.warn(`No lists of published tensors at ${LISTS}: names are not compared.`);

/** Relatives of Depth Anything with tensors of its names and others besides. */
const RELATIVES = /^(?:vda_vit[bl]|promptda|depth-anything-ac)/;

const files = here ? readdirSync(LISTS).filter((name) => name.endsWith('.tensors.json') && !RELATIVES.test(name)) : [];

/** A list with its element types as safetensors spells them. */
function readList(file: string): TensorList {
  const list = JSON.parse(readFileSync(join(LISTS, file), 'utf8')) as Record<string, [string, number[]]>;
  const rename = (dtype: string) => (dtype.startsWith('float') ? 'F32' : 'I64');
  return Object.fromEntries(Object.entries(list).map(([name, [dtype, shape]]) => [name, [rename(dtype), shape]]));
}

/** What a network lacks of a file, and what it leaves unread, as it is built. */
async function fit(table: TensorTable, name: string): Promise<{ misfits: Misfit[]; used: string[] } | undefined> {
  const found = tryIdentify(table, name);
  if (!found || !families.some(({ id }) => id === found.family)) return undefined;
  const misfits: Misfit[] = [];
  const used = new Set<string>();
  for (const entry of registry.filter(({ family, size }) => family === found.family && size === found.size)) {
    const code = await codeOf(entry);
    const weights = Weights.from(table, name, originalNames(table, name, code));
    const graph = new Graph();
    const { width, height } = networkSize(entry.input, 4, 3);
    const image = graph.input('image', { dtype: 'f32', shape: [height, width, 4] });
    // All that it gives, also what is made when it is read.
    void { ...code.network(entry)(image, weights, { convention: 'original' }) };
    misfits.push(weights.misfit(code.leftAside));
    for (const { origin } of graph.constants.values())
      if (origin.kind === 'constant') for (const weight of origin.weights) used.add(weight.name);
  }
  return { misfits, used: [...used].sort() };
}

function tryIdentify(table: TensorTable, name: string): ReturnType<typeof identify> | undefined {
  try {
    return identify(table, name);
  } catch (error) {
    if (error instanceof ModelMismatchError) return undefined;
    throw error;
  }
}

describe.skipIf(!here)('every tensor of a published checkpoint', () => {
  const used = new Map<string, string[]>();

  it.each(files)('is read or known to be left aside: %s', async (file) => {
    const table = headerOf(readList(file));
    const fitted = await fit(table, file);
    if (!fitted) return;
    for (const { missing, unused } of fitted.misfits) expect({ missing, unused }).toEqual({ missing: [], unused: [] });
    const { family, size } = identify(table, file);
    const known = used.get(`${family} ${size}`) ?? fitted.used;
    used.set(`${family} ${size}`, known);
    // The hub's names mean the same tensors as the authors'.
    expect(fitted.used).toEqual(known);
  });
});
