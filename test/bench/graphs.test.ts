import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { operationCases, operationGraph } from '../../bench/peers/cases.js';
import { externalTensors, filledGraph, fillings, keptGraph, LOCATION } from '../../bench/peers/graphs.js';
import { Graph, type Constant } from '../../src/graph/graph.js';
import { originalNames } from '../../src/models/identify.js';
import { codeOf } from '../../src/models/registry.js';
import { entryByName, findEntry } from '../../src/models/resolve.js';
import { Weights } from '../../src/weights/weights.js';
import { seededTensor } from '../../truth/seeded_weights.js';
import { checkpointTensors } from '../models/fixtures.js';
import { networkCases, type NetworkCase } from '../../bench/peers/networks.js';

const FOLDER = fileURLToPath(new URL('../../bench/peers/graphs', import.meta.url));
const graphOf = (name: string) => keptGraph(FOLDER, name);

/**
 * What the exporter leaves out of ZoeDepth NK: it follows the one head that the router takes for the picture, and that
 * does not read the relative map, which our kernel has for N and K.
 */
const NOT_TAKEN = /^(?:patch_transformer|mlp_classifier)\.|\.nyu\.|^core\.core\.scratch\.output_conv\.4\./;

/** Names of the checkpoint's tensors that Depthwise reads for a network, without a prefix that all have. */
async function namesRead({ model, input: [, , H, W], checkpoint }: NetworkCase): Promise<string[]> {
  const tensors = new Map(
    checkpointTensors(checkpoint).map((each) => [each.name, { ...each, dtype: 'F32' as const }] as const),
  );
  const entry = entryByName(model);
  const graph = new Graph();
  const image = graph.input('image', { dtype: 'f32', shape: [H, W, 4] });
  const [table, code] = [{ tensors, metadata: new Map<string, string>() }, await codeOf(entry)];
  const weights = Weights.from(table, checkpoint, originalNames(table, checkpoint, code));
  code.network(entry)(image, weights, { convention: 'original' });
  const constants = [...graph.constants.values()].map(({ origin }) => origin as Constant);
  return [...new Set(constants.flatMap((constant) => constant.weights.map(({ name }) => name)))].sort();
}

describe('kept graphs', () => {
  it('are there for every case and no other, each below 40 KB', () => {
    const cases = [...operationCases, ...networkCases].map(({ name }) => `${name}.onnx.br`);
    expect(readdirSync(FOLDER).sort()).toEqual(cases.sort());
    for (const name of cases) expect(statSync(`${FOLDER}/${name}`).size, name).toBeLessThan(40_000);
  });

  it.each(networkCases)('$name reads the tensors that Depthwise reads, as the checkpoint has them', async (kase) => {
    const entries = fillings(graphOf(kase.name), checkpointTensors(kase.checkpoint));
    const names = entries.map(({ name }) => name.replace(/^model\./, ''));
    expect(names.length).toBeGreaterThan(100);
    const read = findEntry(kase.model) && (await namesRead(kase));
    const taken = kase.model === 'zoedepth-nk' ? read?.filter((name) => !NOT_TAKEN.test(name)) : read;
    if (taken) expect(names.sort()).toEqual(taken);
  });

  it.each(operationCases)('$name reads as many weights as Depthwise', (kase) => {
    const { tensors } = graphOf(kase.name);
    const own = [...operationGraph(kase).weights.values()].map(({ length }) => 4 * length);
    expect(tensors.map(({ length }) => length).sort()).toEqual(own.sort());
  });

  it.each(['depthwise5x5', 'midas-v2.1-small-256x256'])('%s is filled with the seeded tensors of its names', (name) => {
    const kase = networkCases.find((each) => each.name === name);
    const { model, externalData } = filledGraph(graphOf(name), kase && checkpointTensors(kase.checkpoint));
    const tensors = externalTensors(model, name);
    expect(externalData.map(({ path }) => path)).toEqual([LOCATION]);
    const data = externalData[0]!.data;
    expect(data.byteLength).toBe(tensors.reduce((sum, { length }) => sum + length, 0));
    for (const { name: tensor, shape, begin, length } of tensors)
      expect(
        Buffer.compare(data.subarray(begin, begin + length), new Uint8Array(seededTensor(tensor, shape).buffer)),
      ).toBe(0);
  });

  it('add what a checkpoint adds to a tensor', () => {
    const graph = graphOf('gemm');
    const checkpoint = fillings(graph).map((entry) => (entry.name === 'linear.bias' ? { ...entry, offset: 3 } : entry));
    const [plain, lifted] = [filledGraph(graph), filledGraph(graph, checkpoint)].map(
      ({ externalData }) => new Float32Array(externalData[0]!.data.buffer),
    );
    const { begin } = graph.tensors.find(({ name }) => name === 'linear.bias')!;
    expect(lifted![begin / 4]).toBe(Math.fround(plain![begin / 4]! + 3));
    expect(lifted![0]).toBe(plain![0]);
  });

  it('refuse a checkpoint that lacks a tensor or has it in another shape', () => {
    const graph = graphOf('gemm');
    const [weight, bias] = fillings(graph);
    expect(() => fillings(graph, [weight!])).toThrow('linear.bias, which the checkpoint does not have');
    expect(() => fillings(graph, [{ ...weight!, shape: [384, 1152] }, bias!])).toThrow(
      'linear.weight is [384, 1152] in the checkpoint and [1152, 384] in the graph',
    );
  });

  it('say what is missing and what is not a graph', () => {
    expect(() => graphOf('no-such-model')).toThrow(/no-such-model\.onnx\.br is missing; tools\/peers\/export_onnx\.py/);
    const model = Buffer.from(graphOf('gemm').model);
    expect(() => externalTensors(model.subarray(0, model.length >> 1), 'half')).toThrow();
    const moved = Buffer.from(model.toString('latin1').replace('1769472', '1769476'), 'latin1');
    expect(() => externalTensors(moved, 'moved')).toThrow('moved: linear.weight is not f32 at byte 0');
  });
});
