import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Side } from './depthwise_side.js';
import type { FilledGraph } from './graphs.js';

/** What is used of ONNX Runtime, in all of its builds. */
export interface OrtTensor {
  getData(): Promise<unknown>;
  dispose(): void;
}
interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}
interface Ort {
  readonly env: { readonly wasm: { numThreads?: number }; logLevel?: string };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
}

/** A build of ONNX Runtime that runs on WebGPU. */
export interface OrtBuild {
  readonly peer: string;
  readonly package: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Loads it from the folder that has node_modules. */
  load(folder: string): Promise<Ort>;
}

const web =
  (file: string) =>
  async (folder: string): Promise<Ort> => {
    const path = join(folder, 'node_modules/onnxruntime-web/dist', file);
    const ort = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Ort;
    ort.env.wasm.numThreads = 1;
    return ort;
  };

/** The peer with a Dawn of its own. */
export const NATIVE = 'onnxruntime-node';

/** The build meant for WebGPU, the one a plain import gives, and the native library with a Dawn of its own. */
export const ortBuilds: readonly OrtBuild[] = [
  {
    peer: 'onnxruntime-web/webgpu',
    package: 'onnxruntime-web',
    settings: {
      file: 'ort.webgpu.bundle.min.mjs',
      executionProvider: 'webgpu',
      layout: 'NHWC (default)',
      wasmThreads: '1',
    },
    load: web('ort.webgpu.bundle.min.mjs'),
  },
  {
    peer: 'onnxruntime-web',
    package: 'onnxruntime-web',
    settings: { file: 'ort.bundle.min.mjs', executionProvider: 'webgpu', layout: 'NHWC (default)', wasmThreads: '1' },
    load: web('ort.bundle.min.mjs'),
  },
  {
    peer: NATIVE,
    package: 'onnxruntime-node',
    settings: { executionProvider: 'webgpu', layout: 'NHWC (default)' },
    load: (folder) => Promise.resolve(createRequire(join(folder, 'package.json'))('onnxruntime-node') as Ort),
  },
];

/** A graph of one input and one output on ONNX Runtime. */
export async function ortSide(
  ort: Ort,
  { model, externalData }: FilledGraph,
  input: Float32Array,
  shape: readonly number[],
): Promise<Side> {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['webgpu'],
    logSeverityLevel: 3,
    externalData,
  });
  const [x, y] = [session.inputNames[0] as string, session.outputNames[0] as string];
  return {
    work: 'onnx graph',
    call: async () => {
      const outputs = await session.run({ [x]: new ort.Tensor('float32', input, shape) });
      const output = outputs[y] as OrtTensor;
      const data = (await output.getData()) as Float32Array;
      output.dispose();
      return data;
    },
    dispose: () => session.release(),
  };
}

/**
 * Lets WebAssembly with shared memory write to GPU buffers: Dawn's binding for Node takes no views of shared memory,
 * browsers do. The copy costs the peer next to nothing beside what the write costs.
 */
export function acceptSharedMemory(queue: GPUQueue): void {
  const prototype = Object.getPrototypeOf(queue) as GPUQueue;
  const write = prototype.writeBuffer as (this: GPUQueue, ...argv: readonly unknown[]) => undefined;
  prototype.writeBuffer = function (
    this: GPUQueue,
    buffer: GPUBuffer,
    offset: number,
    data: AllowSharedBufferSource,
    start = 0,
    size?: number,
  ) {
    const memory = ArrayBuffer.isView(data) ? data.buffer : data;
    if (!(memory instanceof SharedArrayBuffer))
      return write.call(
        this,
        ...(size === undefined ? [buffer, offset, data, start] : [buffer, offset, data, start, size]),
      );
    const unit = (data as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    const first = (ArrayBuffer.isView(data) ? data.byteOffset : 0) + start * unit;
    const length = size === undefined ? data.byteLength - start * unit : size * unit;
    return write.call(this, buffer, offset, new Uint8Array(memory, first, length).slice());
  };
}
