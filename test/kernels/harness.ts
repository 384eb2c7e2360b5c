import { expect } from 'vitest';
import { readBuffer } from '../../src/gpu/buffers.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { Executable } from '../../src/graph/executor.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import type { Expected, KernelCase, KernelSpec, Tensor } from '../../src/kernels/spec.js';
import { byteLength, numel, type DType, type TensorType } from '../../src/tensor.js';
import { decode, toHalf } from '../../src/weights/decode.js';
import { random } from '../random.js';

/** Worst element of an output against the reference. */
export interface WorstError {
  /** |y - reference| in units of the spec's gate; at most 1 passes. */
  readonly ratio: number;
  readonly output: string;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
}

/** Seeded inputs of a case, rounded to their storage types. */
export function makeInputs(spec: KernelSpec, kase: KernelCase<unknown>, half: boolean, seed = 1): Record<string, Tensor> {
  const next = random(seed);
  return Object.fromEntries(
    Object.entries(kase.inputs).map(([name, shape]) => {
      const dtype: DType = half && spec.half.includes(name) ? 'f16' : 'f32';
      const data = Float32Array.from({ length: numel(shape) }, () => sample(kase.fill ?? 'signed', next));
      const stored = dtype === 'f16' ? decode({ name, dtype: 'F16' }, new Uint8Array(toHalf(data).buffer)) : data;
      return [name, { type: { dtype, shape }, data: Float64Array.from(stored) }];
    }),
  );
}

function sample(fill: NonNullable<KernelCase<unknown>['fill']>, next: () => number): number {
  if (fill === 'positive') return next();
  const value = 2 * next() - 1;
  return fill === 'outliers' && next() < 0.05 ? 800 * value : value;
}

/** Runs one case on the GPU, output poisoned with NaN first, and returns the raw outputs by name. */
export async function runCase(gpu: Gpu, spec: KernelSpec, inputs: Record<string, Tensor>, attrs: unknown, variant: string): Promise<Record<string, Float64Array>> {
  const graph = new Graph();
  const values = Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, graph.input(name, t.type)]));
  const outputs = graph.apply(spec.op, values, attrs) as Record<string, Value>;
  const executable = await Executable.compile(graph, gpu, { constants: noConstants, keep: Object.values(outputs), variant: () => variant });
  const { device } = gpu;
  try {
    for (const [name, value] of Object.entries(values)) device.queue.writeBuffer(executable.buffer(value), 0, storageBytes(inputs[name] as Tensor));
    for (const slot of executable.slots) device.queue.writeBuffer(slot, 0, new Uint32Array(slot.size / 4).fill(0x7fc07e00));
    const encoder = device.createCommandEncoder();
    executable.encode(encoder);
    device.queue.submit([encoder.finish()]);
    const read = Object.entries(outputs).map(async ([name, value]) => [name, await readValue(device, executable.buffer(value), value.type)] as const);
    const result = Object.fromEntries(await Promise.all(read));
    gpu.check('run');
    return result;
  } finally {
    executable.dispose();
  }
}

/** Compares outputs with the reference; any NaN or infinity is an infinite error. */
export function worstError(gate: number, actual: Record<string, Float64Array>, expected: Readonly<Record<string, Expected>>, types: Readonly<Record<string, TensorType>>): WorstError {
  let worst: WorstError = { ratio: -1, output: '', index: -1, actual: NaN, expected: NaN };
  for (const [output, { values, magnitude }] of Object.entries(expected)) {
    const got = actual[output];
    if (!got || got.length !== values.length || values.length === 0) throw new Error(`output "${output}" has ${got?.length} values, expected ${values.length}`);
    const half = types[output]?.dtype === 'f16';
    values.forEach((reference, index) => {
      const y = got[index] as number;
      const allowed = gate * 2 ** -24 * (magnitude[index] as number) + (half ? 2 ** -11 * Math.abs(reference) + 2 ** -24 : 0);
      const ratio = Number.isFinite(y) ? Math.abs(y - reference) / (allowed || Number.MIN_VALUE) : Infinity;
      if (y !== reference && ratio > worst.ratio) worst = { ratio, output, index, actual: y, expected: reference };
    });
  }
  return worst;
}

/** Runs a case against the reference loops and expects it inside the gate. */
export async function expectCase(gpu: Gpu, spec: KernelSpec, kase: KernelCase<unknown>, variant: string, half: boolean): Promise<WorstError> {
  const inputs = makeInputs(spec, kase, half);
  const attrs = half ? spec.halfAttrs?.(kase.attrs) : kase.attrs;
  const types = spec.op.infer(Object.fromEntries(Object.entries(inputs).map(([n, t]) => [n, t.type])), attrs) as Record<string, TensorType>;
  const actual = await runCase(gpu, spec, inputs, attrs, variant);
  const worst = worstError(kase.fill === 'positive' ? 2 * spec.gate : spec.gate, actual, spec.reference(inputs, attrs, types), types);
  expect(worst.ratio, `${spec.op.name}/${variant} "${kase.name}" ${half ? 'f16' : 'f32'}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(1);
  return worst;
}

function storageBytes({ type, data }: Tensor): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength(type));
  const values = Float32Array.from(data);
  bytes.set(new Uint8Array(type.dtype === 'f16' ? toHalf(values).buffer : values.buffer));
  return bytes;
}

async function readValue(device: GPUDevice, buffer: GPUBuffer, type: TensorType): Promise<Float64Array> {
  const count = numel(type.shape);
  const bytes = new Uint8Array(await readBuffer(device, buffer, byteLength(type)));
  const used = bytes.subarray(0, count * (type.dtype === 'f16' ? 2 : 4));
  return Float64Array.from(decode({ name: 'y', dtype: type.dtype === 'f16' ? 'F16' : 'F32' }, used));
}

function noConstants(key: string): GPUBuffer {
  throw new Error(`unexpected constant ${key}`);
}

