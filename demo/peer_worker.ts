import type { PeerLibrary, PinnedFile } from './peer_library.js';
import type { PeerAnswer, PeerBytes, PeerMap, PeerRequest, RgbPicture } from './peer_messages.js';

/** What is used of transformers.js. */
interface Transformers {
  readonly env: {
    allowLocalModels: boolean;
    useBrowserCache: boolean;
    useWasmCache: boolean;
    remoteHost: string;
    backends: { onnx: { wasm?: { wasmPaths?: unknown; wasmBinary?: ArrayBuffer } } };
  };
  readonly RawImage: new (data: Uint8ClampedArray, width: number, height: number, channels: number) => unknown;
  pipeline(task: 'depth-estimation', repository: string, options: object): Promise<Pipeline>;
}

interface Pipeline {
  (image: unknown): Promise<{ readonly predicted_depth: { readonly data: Float32Array } }>;
  readonly processor: Resizing & { readonly image_processor?: Resizing };
}
interface Resizing {
  do_resize?: boolean;
}

/** Of its progress: a file is on its way. */
interface FileProgress {
  readonly status: string;
  readonly file?: string;
  readonly loaded?: number;
  readonly total?: number;
}

const scope = self as unknown as { postMessage(answer: PeerAnswer, transfer?: Transferable[]): void };
let peer: ((picture: RgbPicture) => Promise<PeerMap>) | undefined;

addEventListener('message', ({ data }: MessageEvent<PeerRequest>) => {
  const done = 'load' in data ? load(data.load) : estimate(data.estimate);
  done.catch((error: unknown) => scope.postMessage({ failure: wordsOf(error) }));
});

async function estimate(picture: RgbPicture): Promise<void> {
  if (!peer) throw new Error('It is not loaded.');
  const map = await peer(picture);
  scope.postMessage({ map }, [map.values.buffer]);
}

async function load(library: PeerLibrary): Promise<void> {
  const { title } = library;
  const gpu = (navigator as Partial<Navigator>).gpu;
  if (!gpu) throw new Error(`This browser has no WebGPU in workers, where ${title} runs.`);
  if (!(await gpu.requestAdapter())) throw new Error(`The browser gave no GPU to the worker where ${title} runs.`);
  const { transformers, bytes: code } = await loadCode(library);
  const { pipeline, bytes: weights } = await loadNetwork(library, transformers);
  peer = async ({ rgb, width, height }) => {
    const start = performance.now();
    const { predicted_depth: map } = await pipeline(new transformers.RawImage(rgb, width, height, 3));
    return { milliseconds: performance.now() - start, values: map.data.slice() };
  };
  const loaded: PeerBytes = { code, weights };
  scope.postMessage({ loaded });
}

async function loadCode(library: PeerLibrary): Promise<{ transformers: Transformers; bytes: number }> {
  const files = [library.script, library.factory, library.wasm];
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  const onBytes = (bytes: number) =>
    scope.postMessage({ progress: { what: 'code', loaded: (loaded += bytes), total } });
  const [script, factory, wasmBinary] = (await Promise.all(files.map((file) => fetchPinned(file, onBytes)))) as [
    ArrayBuffer,
    ArrayBuffer,
    ArrayBuffer,
  ];
  // What was checked is what runs: it is not fetched again.
  const transformers = (await import(/* @vite-ignore */ scriptUrl(script))) as Transformers;
  const { env } = transformers;
  Object.assign(env, { allowLocalModels: false, useBrowserCache: false, useWasmCache: false, remoteHost: library.hub });
  const { wasm } = env.backends.onnx;
  if (wasm) Object.assign(wasm, { wasmBinary, wasmPaths: { mjs: scriptUrl(factory), wasm: library.wasm.url } });
  return { transformers, bytes: files.reduce((sum, file) => sum + bytesOf(file), 0) };
}

async function loadNetwork(
  { hub, repository, revision }: PeerLibrary,
  { pipeline: open }: Transformers,
): Promise<{ pipeline: Pipeline; bytes: number }> {
  const arrived = new Map<string, number>();
  const options = {
    revision,
    device: 'webgpu',
    dtype: 'fp32',
    progress_callback: ({ status, file, loaded, total }: FileProgress) => {
      if (status !== 'progress' || file === undefined || loaded === undefined) return;
      arrived.set(file, loaded);
      scope.postMessage({ progress: { what: 'weights', loaded, total: total ?? 0 } });
    },
  };
  try {
    const pipeline = await open('depth-estimation', repository, options);
    // Pictures come at the network's size.
    (pipeline.processor.image_processor ?? pipeline.processor).do_resize = false;
    return { pipeline, bytes: [...arrived.values()].reduce((sum, bytes) => sum + bytes, 0) };
  } catch (error) {
    throw new Error(`The network from ${new URL(hub).host} (${repository}) could not be opened: ${wordsOf(error)}`, {
      cause: error,
    });
  }
}

/** A file's bytes. @throws Error when it cannot be had, or is another */
async function fetchPinned({ url, sha384 }: PinnedFile, onBytes: (bytes: number) => void): Promise<ArrayBuffer> {
  const { host, pathname } = new URL(url);
  const name = pathname.split('/').pop();
  const response = await fetch(url).catch((cause: unknown) => {
    throw new Error(`${name} could not be fetched from ${host}: there is no network, or it is blocked.`, { cause });
  });
  if (!response.ok) throw new Error(`${name} could not be fetched: ${host} answered ${response.status}.`);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  for (;;) {
    const { value, done } = await reader.read().catch((cause: unknown) => {
      throw new Error(`${name} broke off: the connection to ${host} was lost.`, { cause });
    });
    if (done) break;
    chunks.push(value);
    onBytes(value.length);
  }
  const bytes = await new Blob(chunks).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-384', bytes));
  if (btoa(String.fromCharCode(...digest)) !== sha384)
    throw new Error(`${name} from ${host} is not the file that was published, and is not run.`);
  return bytes;
}

function scriptUrl(code: ArrayBuffer): string {
  return URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
}

/** What a file took on its way, compressed, where its server lets a page know. */
function bytesOf({ url, bytes }: PinnedFile): number {
  const [entry] = performance.getEntriesByName(url) as PerformanceResourceTiming[];
  return entry?.encodedBodySize || bytes;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
