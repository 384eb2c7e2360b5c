import { writeFileSync } from 'node:fs';
import { packageVersion, nullGpu } from '../node_host.js';
import { PEER_OPERATIONS, type PeerOperation } from '../static/peer_operations.js';
import { onnxOperation } from './onnx_operations.js';
import { acceptSharedMemory, ortBuilds, type OrtTensor } from './onnxruntime.js';
import { Recorder, type RecordedClasses, type RecordedDispatch } from './recorder.js';
import { loadTf, type Tf, type TfTensor } from './tfjs.js';

/** What a peer dispatches for an operation. */
export interface Recording {
  readonly peer: string;
  readonly version: string;
  readonly operation: PeerOperation;
  readonly dispatches: readonly RecordedDispatch[];
}

/**
 * Writes the kernels of peers for some operations, as they dispatch them on Dawn's null backend, where nothing is
 * computed. `folder` has their packages. What is written is theirs: it is for bench:static, not to be kept.
 */
export async function recordPeers(folder: string, file: string, print: (line: string) => void): Promise<void> {
  const instance = await nullGpu();
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: instance, userAgent: 'node' }, configurable: true });
  const adapter = (await instance.requestAdapter()) as GPUAdapter;
  acceptSharedMemory((await adapter.requestDevice()).queue);
  const recorder = new Recorder(globalThis as unknown as RecordedClasses);
  const recordings: Recording[] = [];
  for (const { peer, version, callOf } of await peersIn(folder, instance))
    for (const operation of PEER_OPERATIONS) {
      const call = await callOf(operation);
      // The second call has compiled its kernels, and packed its weights.
      await call();
      const dispatches = await recorder.during(call);
      print(`${peer} ${operation.shape}: ${dispatches.length} dispatches`);
      recordings.push({ peer, version, operation, dispatches });
    }
  writeFileSync(file, JSON.stringify(recordings));
}

interface RecordedPeer {
  readonly peer: string;
  readonly version: string;
  callOf(operation: PeerOperation): Promise<() => Promise<unknown>>;
}

async function peersIn(folder: string, instance: GPU): Promise<RecordedPeer[]> {
  const [build] = ortBuilds as readonly [(typeof ortBuilds)[number]];
  const ort = await build.load(folder);
  const tf = await loadTf(folder, instance);
  return [
    {
      peer: build.peer,
      version: packageVersion(folder, build.package),
      callOf: async (operation) => {
        const { model, inputs } = onnxOperation(operation);
        const options = { executionProviders: ['webgpu'], logSeverityLevel: 3 };
        const session = await ort.InferenceSession.create(model, options);
        const tensors = inputs.map((shape, i): [string, OrtTensor] => [
          session.inputNames[i] as string,
          new ort.Tensor('float32', zeros(shape), shape),
        ]);
        return async () => {
          const { y } = await session.run(Object.fromEntries(tensors));
          await y?.getData();
        };
      },
    },
    {
      peer: 'tfjs',
      version: packageVersion(folder, '@tensorflow/tfjs-backend-webgpu'),
      callOf: (operation) => Promise.resolve(() => tf.tidy(() => tfOperation(tf, operation)).data()),
    },
  ];
}

function tfOperation(tf: Tf, { kind, sizes: [a, b, c] }: PeerOperation): TfTensor {
  const tensor = (...shape: number[]) => tf.tensor(zeros(shape), shape);
  if (kind === 'matmul') return tf.matMul(tensor(a, b), tensor(b, c));
  if (kind === 'conv3x3')
    return tf.fused.conv2d({
      x: tensor(1, a, a, b),
      filter: tensor(3, 3, b, c),
      bias: tensor(c),
      strides: 1,
      pad: 'same',
    });
  const [q, k, v] = [tensor(b, a, c / b), tensor(b, a, c / b), tensor(b, a, c / b)];
  return tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v);
}

function zeros(shape: readonly number[]): Float32Array {
  return new Float32Array(shape.reduce((n, d) => n * d, 1));
}
