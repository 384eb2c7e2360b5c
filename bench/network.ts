import type { Gpu } from '../src/gpu/gpu.js';
import { Executable } from '../src/graph/executor.js';
import { compilePipelines } from '../src/graph/kernel_choice.js';
import { Graph, typesOf, type Value } from '../src/graph/graph.js';
import { kernelText } from '../src/kernels/specialize.js';
import type { FamilyCode, ModelEntry } from '../src/models/family.js';
import { originalNames } from '../src/models/identify.js';
import { codeOf } from '../src/models/registry.js';
import { entryByName } from '../src/models/resolve.js';
import { ConstantStore } from '../src/weights/constant_store.js';
import { decode } from '../src/weights/format/decode.js';
import { parseHeader } from '../src/weights/format/safetensors.js';
import { Weights } from '../src/weights/weights.js';

/** A network at one size, ready to run. */
export interface CompiledNetwork {
  readonly run: Executable;
  /** Input [H,W,4]. */
  readonly image: Value;
  readonly output: Value;
  readonly flops: number;
}

/** A published network with seeded weights, loaded step by step so that each can be timed. */
export class Network {
  readonly gpu: Gpu;
  readonly store: ConstantStore;
  readonly #entry: ModelEntry;
  readonly #code: FamilyCode;
  readonly #storage: 'f32' | 'f16';
  readonly #bytes: Uint8Array;
  readonly #header: ReturnType<typeof parseHeader>;
  readonly #weights: Weights;

  /** @param bytes the checkpoint, as a safetensors file */
  static async open(gpu: Gpu, name: string, storage: 'f32' | 'f16', bytes: Uint8Array): Promise<Network> {
    const entry = entryByName(name);
    return new Network(gpu, entry, await codeOf(entry), storage, bytes);
  }

  private constructor(gpu: Gpu, entry: ModelEntry, code: FamilyCode, storage: 'f32' | 'f16', bytes: Uint8Array) {
    const { name } = entry;
    this.gpu = gpu;
    this.#entry = entry;
    this.#code = code;
    this.#storage = storage;
    this.#bytes = bytes;
    this.store = new ConstantStore(gpu, name);
    this.#header = parseHeader(bytes, bytes.length, name);
    this.#weights = Weights.from(this.#header, name, originalNames(this.#header, name, code));
  }

  /** Compiles every pipeline of a size. */
  async compile(H: number, W: number): Promise<{ compileMs: number; pipelines: number; wgslBytes: number }> {
    const { graph } = this.#graph(H, W);
    await this.store.declare(graph);
    const start = performance.now();
    const compiled = await compilePipelines(graph, this.gpu);
    const compileMs = performance.now() - start;
    const codes = new Set(await Promise.all(compiled.map(([{ kernel }]) => kernelText(kernel))));
    return { compileMs, pipelines: codes.size, wgslBytes: [...codes].reduce((sum, code) => sum + code.length, 0) };
  }

  /** Decodes, packs and uploads every weight. */
  async upload(): Promise<number> {
    const start = performance.now();
    const { tensors, dataOffset } = this.#header;
    for (const entry of tensors.values()) {
      if (this.store.wants(entry.name))
        this.store.deliver(
          entry.name,
          decode(entry, this.#bytes.subarray(dataOffset + entry.begin, dataOffset + entry.end)),
        );
    }
    await this.gpu.device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  }

  /** The network at a size, with its input [1,3,H,W] on the GPU. */
  async executable(H: number, W: number, tensor: Float32Array): Promise<CompiledNetwork> {
    const { graph, image, output } = this.#graph(H, W);
    await this.store.declare(graph);
    const run = await Executable.compile(graph, this.gpu, {
      constants: (key) => this.store.buffer(key),
      keep: [output],
    });
    this.gpu.device.queue.writeBuffer(run.buffer(image), 0, interleaved(tensor, H * W));
    const flops = graph.nodes.reduce(
      (sum, { op, inputs, attrs, outputs }) => sum + op.cost(typesOf(inputs), attrs, typesOf(outputs)).flops,
      0,
    );
    return { run, image, output, flops };
  }

  #graph(H: number, W: number): { graph: Graph; image: Value; output: Value } {
    const graph = new Graph(this.#storage);
    const image = graph.input('image', { dtype: 'f32', shape: [H, W, 4] });
    const network = this.#code.network(this.#entry);
    return { graph, image, output: network(image, this.#weights, { convention: 'original' }).depth };
  }
}

/** [3,H·W] → [H·W,4] with a zero fourth channel. */
export function interleaved(tensor: Float32Array, pixels: number): Float32Array<ArrayBuffer> {
  const image = new Float32Array(4 * pixels);
  for (let c = 0; c < 3; c++) for (let i = 0; i < pixels; i++) image[4 * i + c] = tensor[c * pixels + i] as number;
  return image;
}
