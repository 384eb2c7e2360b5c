import { createRequire } from 'node:module';
import { join } from 'node:path';
import { seededTensor } from '../../truth/seeded_weights.js';
import { biasOf, CHAIN, convWeight, HEADS, toNhwc, type OperationCase } from './cases.js';
import type { Side } from './depthwise_side.js';

/** What is used of TensorFlow.js. */
export interface TfTensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}
export interface Tf {
  setBackend(name: string): Promise<boolean>;
  registerBackend(name: string, factory: () => Promise<unknown>): boolean;
  removeBackend(name: string): void;
  tidy<T>(run: () => T): T;
  tensor(values: Float32Array, shape: readonly number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  softmax(x: TfTensor): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  transpose(x: TfTensor, order: readonly number[]): TfTensor;
  unstack(x: TfTensor): TfTensor[];
  mul(x: TfTensor, factor: number): TfTensor;
  readonly fused: {
    matMul(options: object): TfTensor;
    conv2d(options: object): TfTensor;
    depthwiseConv2d(options: object): TfTensor;
  };
}

/** TensorFlow.js on WebGPU, on a device of its own from `navigator.gpu`. */
export async function loadTf(folder: string, gpu: GPU): Promise<Tf> {
  const require = createRequire(join(folder, 'package.json'));
  const tf = require('@tensorflow/tfjs-core') as Tf;
  const { WebGPUBackend } = require('@tensorflow/tfjs-backend-webgpu') as {
    WebGPUBackend: new (device: GPUDevice, info: GPUAdapterInfo) => unknown;
  };
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', async () => {
    const adapter = (await gpu.requestAdapter({ powerPreference: 'high-performance' })) as GPUAdapter;
    const {
      maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize,
      maxBufferSize,
      maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup,
    } = adapter.limits;
    const requiredLimits = {
      maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize,
      maxBufferSize,
      maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup,
    };
    return new WebGPUBackend(await adapter.requestDevice({ requiredLimits }), adapter.info);
  });
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js has no WebGPU backend here.');
  return tf;
}

/** An operation on TensorFlow.js with its weights on the GPU; undefined where it has no such operation in one piece. */
export function tfSide(tf: Tf, kase: OperationCase, input: Float32Array): Side | undefined {
  const own = kase.layout === 'nchw' ? toNhwc(input, kase.input) : input;
  const apply = operation(tf, kase);
  if (!apply) return undefined;
  const [, C, H, W] = kase.input;
  const shape = kase.layout === 'nchw' ? [1, H as number, W as number, C as number] : kase.input;
  return {
    work: 'ops',
    call: async () => {
      const x = tf.tensor(own, shape);
      const y = tf.tidy(() => apply(x));
      const values = await y.data();
      x.dispose();
      y.dispose();
      return values;
    },
    dispose: () => undefined,
  };
}

function operation(tf: Tf, { name, input }: OperationCase): ((x: TfTensor) => TfTensor) | undefined {
  if (name === 'gemm') {
    const weight = tf.tensor(seededTensor('linear.weight', [1152, 384]), [1152, 384]);
    const bias = tf.tensor(biasOf('linear.bias', 1152).values, [1152]);
    return (x) => tf.fused.matMul({ a: tf.reshape(x, input.slice(1)), b: weight, transposeB: true, bias });
  }
  if (name === 'attention') return (x) => attentionOf(tf, x, input);
  const conv = /^(conv|depthwise)(\d)x\d$/.exec(name);
  if (!conv) return undefined;
  const [K, C] = [Number(conv[2]), input[1] as number];
  const depthwise = conv[1] === 'depthwise';
  const layers = Array.from({ length: CHAIN }, (_, i) => ({
    filter: tf.tensor(
      convWeight(`layers.${i}.weight`, C, depthwise ? 1 : C, K).values,
      depthwise ? [K, K, C, 1] : [K, K, C, C],
    ),
    bias: tf.tensor(biasOf(`layers.${i}.bias`, C).values, [C]),
  }));
  const run = depthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
  return (x) => layers.reduce((y, layer) => run({ x: y, ...layer, strides: 1, pad: 'same', activation: 'relu' }), x);
}

function attentionOf(tf: Tf, x: TfTensor, [, T, C3]: readonly number[]): TfTensor {
  const D = (C3 as number) / 3 / HEADS;
  const [q, k, v] = tf.unstack(tf.transpose(tf.reshape(x, [T as number, 3, HEADS, D]), [1, 2, 0, 3])) as [
    TfTensor,
    TfTensor,
    TfTensor,
  ];
  const p = tf.softmax(tf.matMul(tf.mul(q, D ** -0.5), k, false, true));
  return tf.reshape(tf.transpose(tf.matMul(p, v), [1, 0, 2]), [T as number, (C3 as number) / 3]);
}
