import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Side } from './depthwise_side.js';

/** What is used of ONNX Runtime, in all of its builds. */
interface OrtTensor {
  getData(): Promise<unknown>;
  dispose(): void;
}
interface OrtSession {
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

/** A graph on ONNX Runtime. */
export async function ortSide(ort: Ort, graph: string, input: Float32Array, shape: readonly number[]): Promise<Side> {
  const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(graph)), {
    executionProviders: ['webgpu'],
    logSeverityLevel: 3,
  });
  return {
    work: 'onnx graph',
    call: async () => {
      const outputs = await session.run({ x: new ort.Tensor('float32', input, shape) });
      const y = outputs['y'] as OrtTensor;
      const data = (await y.getData()) as Float32Array;
      y.dispose();
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
