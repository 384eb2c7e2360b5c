import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { numel } from '../../src/tensor.js';
import { seededValues, type SeededEntry } from '../../truth/seeded_weights.js';

/** A tensor of the checkpoint that a graph reads, and its place in the graph's external data, in bytes. */
export interface ExternalTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly length: number;
}

/** A graph as tools/peers/export_onnx.py records it: its weights are external data, which nothing holds. */
export interface KeptGraph {
  /** An ONNX model. */
  readonly model: Uint8Array;
  /** In the order of their places. */
  readonly tensors: readonly ExternalTensor[];
}

/** A graph and its weights, as ONNX Runtime takes them. */
export interface FilledGraph {
  readonly model: Uint8Array;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** As in tools/peers/export_onnx.py. */
export const LOCATION = 'model.onnx_data';

const FLOAT = 1;
const EXTERNAL = 1;

/** The fields of ONNX that are read here. */
const { nested } = protobuf.Root.fromJSON({
  nested: {
    ModelProto: { fields: { graph: { type: 'GraphProto', id: 7 } } },
    GraphProto: { fields: { initializer: { rule: 'repeated', type: 'TensorProto', id: 5 } } },
    TensorProto: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1 },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        externalData: { rule: 'repeated', type: 'StringStringEntryProto', id: 13 },
        dataLocation: { type: 'int32', id: 14 },
      },
    },
    StringStringEntryProto: { fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
  },
});

interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly dataLocation: number;
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
}

/** The kept graph of a case. @throws Error where there is none, or it is not as it was recorded */
export function keptGraph(folder: string, name: string): KeptGraph {
  const path = join(folder, `${name}.onnx.br`);
  if (!existsSync(path)) throw new Error(`${path} is missing; tools/peers/export_onnx.py records it.`);
  const model = brotliDecompressSync(readFileSync(path));
  return { model, tensors: externalTensors(model, name) };
}

/** The tensors that a model keeps in external data. @throws Error where they do not lie there one after another */
export function externalTensors(model: Uint8Array, name: string): ExternalTensor[] {
  const type = nested?.['ModelProto'] as protobuf.Type;
  const { graph } = type.toObject(type.decode(model), { longs: Number, arrays: true, defaults: true }) as {
    graph: { initializer: readonly Initializer[] } | null;
  };
  let end = 0;
  return (graph?.initializer ?? [])
    .filter(({ dataLocation }) => dataLocation === EXTERNAL)
    .map(({ name: tensor, dims: shape, dataType, externalData }) => {
      const { location, offset, length } = Object.fromEntries(externalData.map(({ key, value }) => [key, value]));
      const place = { begin: end, length: 4 * numel(shape) };
      end += place.length;
      if (
        dataType !== FLOAT ||
        location !== LOCATION ||
        Number(offset) !== place.begin ||
        Number(length) !== place.length
      )
        throw new Error(`${name}: ${tensor} is not f32 at byte ${place.begin} of ${LOCATION}, as it should be.`);
      return { name: tensor, shape, ...place };
    });
}

/**
 * What each tensor of a graph is filled with.
 * @param checkpoint every tensor of the model's checkpoint; without one, a tensor's name and shape are enough
 * @throws Error where the checkpoint lacks a tensor or has it in another shape
 */
export function fillings({ tensors }: KeptGraph, checkpoint?: readonly SeededEntry[]): SeededEntry[] {
  if (!checkpoint) return tensors.map(({ name, shape }) => ({ name, shape }));
  const entries = new Map(checkpoint.map((entry) => [entry.name, entry]));
  return tensors.map(({ name, shape }) => {
    const entry = entries.get(name);
    if (!entry) throw new Error(`The graph reads ${name}, which the checkpoint does not have.`);
    if (String(entry.shape) !== String(shape))
      throw new Error(
        `${name} is [${entry.shape.join(', ')}] in the checkpoint and [${shape.join(', ')}] in the graph.`,
      );
    return entry;
  });
}

/** A graph with the seeded tensors of the names it reads; see `fillings`. */
export function filledGraph(graph: KeptGraph, checkpoint?: readonly SeededEntry[]): FilledGraph {
  const entries = fillings(graph, checkpoint);
  const data = new Float32Array(graph.tensors.reduce((sum, { length }) => sum + length, 0) / 4);
  graph.tensors.forEach(({ begin }, i) => data.set(seededValues(entries[i] as SeededEntry), begin / 4));
  const externalData = data.length > 0 ? [{ path: LOCATION, data: new Uint8Array(data.buffer) }] : [];
  return { model: graph.model, externalData };
}
