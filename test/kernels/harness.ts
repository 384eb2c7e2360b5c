import { expect } from 'vitest';
import { readBuffer } from '../../src/gpu/buffers.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { Executable } from '../../src/graph/executor.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import {
  expectedOf,
  fillOf,
  sample,
  type Fill,
  type KernelCase,
  type KernelSpec,
  type Tensor,
} from '../../src/kernels/spec.js';
import { byteLength, numel, type DType, type TensorType } from '../../src/tensor.js';
import { decode, toHalf } from '../../src/weights/format/decode.js';
import { random } from '../random.js';
import { pictureTexture, readTexels, targetTexture } from '../textures.js';
import { worstError, type Actual, type WorstError } from './compare.js';

/** Seeded inputs of a case, rounded to their storage types. */
export function makeInputs(
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  half: boolean,
  seed = 1,
): Record<string, Tensor> {
  const next = random(seed);
  const halves = kase.half || spec.half;
  return Object.fromEntries(
    Object.entries(kase.inputs).map(([name, shape]) => {
      const dtype: DType = spec.dtypes?.[name] ?? (half && halves.includes(name) ? 'f16' : 'f32');
      if (dtype === 'texture' || dtype === 'u32')
        return [name, { type: { dtype, shape }, data: texelsOrWords(dtype, fillOf(kase, name), numel(shape), next) }];
      const fill = fillOf(kase, name);
      const data = new Float32Array(numel(shape));
      for (let i = 0; i < data.length; i++) data[i] = sample(fill, next, i);
      const stored = dtype === 'f16' ? decode({ name, dtype: 'F16' }, new Uint8Array(toHalf(data).buffer)) : data;
      return [name, { type: { dtype, shape }, data: Float64Array.from(stored) }];
    }),
  );
}

function texelsOrWords(dtype: 'texture' | 'u32', fill: Fill, count: number, next: () => number): Float64Array {
  if (dtype === 'texture') return Float64Array.from({ length: 4 * count }, () => Math.floor(256 * next()) / 255);
  return Float64Array.from({ length: count }, (_, i) =>
    typeof fill === 'function' ? fill(next, i) : Math.floor(2 ** 32 * next()),
  );
}

/** Attributes of a case in f32 or in half precision. */
export function attrsOf(spec: KernelSpec, kase: KernelCase<unknown>, half: boolean): unknown {
  return half ? spec.halfAttrs?.(kase.attrs) : kase.attrs;
}

/** Types of the outputs of a case. */
export function outputTypes(
  spec: KernelSpec,
  inputs: Record<string, Tensor>,
  attrs: unknown,
): Record<string, TensorType> {
  return spec.op.infer(Object.fromEntries(Object.entries(inputs).map(([n, t]) => [n, t.type])), attrs) as Record<
    string,
    TensorType
  >;
}

/** The dispatch shape of one kernel, given its own. */
export type Dispatch = (x: number, y: number) => readonly [number, number];

/** Runs one case on the GPU, output poisoned with NaN first, and returns the raw outputs by name. */
export async function runCase(
  gpu: Gpu,
  spec: KernelSpec,
  inputs: Record<string, Tensor>,
  attrs: unknown,
  kernel: string,
  dispatch?: Dispatch,
): Promise<Record<string, Actual>> {
  const graph = new Graph();
  const values = Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, graph.input(name, t.type)]));
  const outputs = graph.apply(spec.op, values, attrs) as Record<string, Value>;
  const executable = await Executable.compile(graph, gpu, {
    constants: noConstants,
    keep: Object.values(outputs),
    kernel: () => kernel,
  });
  const { device } = gpu;
  const textures: Record<string, GPUTexture> = {};
  try {
    for (const [name, value] of Object.entries(values)) {
      if (value.type.dtype === 'texture') textures[name] = pictureTexture(device, inputs[name] as Tensor);
      else device.queue.writeBuffer(executable.buffer(value), 0, storageBytes(inputs[name] as Tensor));
    }
    for (const [name, { type }] of Object.entries(outputs))
      if (type.dtype === 'texture') textures[name] = targetTexture(device, type, spec.texelFormat?.(attrs));
    for (const slot of executable.slots)
      device.queue.writeBuffer(slot, 0, new Uint32Array(slot.size / 4).fill(0x7fc07e00));
    const encoder = device.createCommandEncoder();
    executable.encode(dispatch ? redispatching(encoder, dispatch) : encoder, textures);
    device.queue.submit([encoder.finish()]);
    const read = Object.entries(outputs).map(async ([name, value]) => {
      const texture = textures[name];
      return [
        name,
        texture
          ? { type: value.type, values: await readTexels(device, texture) }
          : await readValue(device, executable.buffer(value), value.type),
      ] as const;
    });
    const result = Object.fromEntries(await Promise.all(read));
    gpu.check('run');
    return result;
  } finally {
    executable.dispose();
    for (const texture of Object.values(textures)) texture.destroy();
  }
}

/** An encoder whose dispatches take another shape; it has what Executable.encode uses. */
function redispatching(encoder: GPUCommandEncoder, dispatch: Dispatch): GPUCommandEncoder {
  const beginComputePass = (descriptor?: GPUComputePassDescriptor) => {
    const pass = encoder.beginComputePass(descriptor);
    return {
      setPipeline: (pipeline: GPUComputePipeline) => pass.setPipeline(pipeline),
      setBindGroup: (index: number, group: GPUBindGroup) => pass.setBindGroup(index, group),
      dispatchWorkgroups: (x: number, y = 1) => pass.dispatchWorkgroups(...dispatch(x, y)),
      end: () => pass.end(),
    };
  };
  return { beginComputePass } as unknown as GPUCommandEncoder;
}

/** Runs a case against the reference loops: the worst error, in units of the gate. */
export async function caseError(
  gpu: Gpu,
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  kernel: string,
  half: boolean,
): Promise<WorstError> {
  const inputs = makeInputs(spec, kase, half);
  const attrs = attrsOf(spec, kase, half);
  const actual = await runCase(gpu, spec, inputs, attrs, kernel);
  const expected = expectedOf(spec, kernel, inputs, attrs, outputTypes(spec, inputs, attrs));
  return worstError(kase.fill === 'positive' ? 2 * spec.gate : spec.gate, actual, expected);
}

/** Runs a case against the reference loops and expects it inside the gate. */
export async function expectCase(
  gpu: Gpu,
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  kernel: string,
  half: boolean,
): Promise<WorstError> {
  const worst = await caseError(gpu, spec, kase, kernel, half);
  expect(
    worst.ratio,
    `${spec.op.name}/${kernel} "${kase.name}" ${half ? 'f16' : 'f32'}: ${JSON.stringify(worst)}`,
  ).toBeLessThanOrEqual(1);
  return worst;
}

function storageBytes({ type, data }: Tensor): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength(type));
  const values = type.dtype === 'u32' ? new Uint32Array(data) : new Float32Array(data);
  bytes.set(new Uint8Array(type.dtype === 'f16' ? toHalf(values as Float32Array).buffer : values.buffer));
  return bytes;
}

async function readValue(device: GPUDevice, buffer: GPUBuffer, type: TensorType): Promise<Actual> {
  const bytes = new Uint8Array(await readBuffer(device, buffer, byteLength(type)));
  if (type.dtype === 'u32')
    return { type, values: new Float64Array(new Uint32Array(bytes.buffer, 0, numel(type.shape))) };
  const used = bytes.subarray(0, numel(type.shape) * (type.dtype === 'f16' ? 2 : 4));
  return { type, values: new Float64Array(decode({ name: 'y', dtype: type.dtype === 'f16' ? 'F16' : 'F32' }, used)) };
}

function noConstants(key: string): GPUBuffer {
  throw new Error(`unexpected constant ${key}`);
}
