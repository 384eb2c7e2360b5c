import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PeerLibrary, PinnedFile } from '../../demo/peer_library.js';
import type { PeerStandIn, Served } from './servers.js';

/**
 * What stands for transformers.js: it takes the same calls, and gives as its map the "weights" that it fetched, where
 * the picture has as many pixels.
 */
const SCRIPT = `
export const env = { backends: { onnx: { wasm: {} } } };
export class RawImage {
  constructor(data, width, height, channels) { Object.assign(this, { data, width, height, channels }); }
}
export async function pipeline(task, repository, { revision, device, dtype, progress_callback }) {
  const { wasmBinary, wasmPaths } = env.backends.onnx.wasm;
  if (task !== 'depth-estimation' || device !== 'webgpu' || dtype !== 'fp32') throw new Error('other options');
  if (env.useBrowserCache || env.useWasmCache || env.allowLocalModels) throw new Error('something would be kept');
  if (new TextDecoder().decode(wasmBinary) !== 'wasm') throw new Error('other bytes');
  if ((await import(wasmPaths.mjs)).default !== 'factory') throw new Error('another factory');
  const file = 'onnx/model.onnx';
  const response = await fetch(env.remoteHost + repository + '/resolve/' + revision + '/' + file);
  if (!response.ok) throw new Error('Could not locate file: "' + file + '".');
  const bytes = await response.arrayBuffer();
  progress_callback({ status: 'progress', file, loaded: bytes.byteLength, total: bytes.byteLength });
  const data = new Float32Array(bytes);
  return Object.assign(
    async ({ data: { length }, width, height, channels }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (channels * data.length !== length || width * height !== data.length) throw new Error('another size');
      return { predicted_depth: { data } };
    },
    { processor: {} },
  );
}`;

/** Where one of the files is asked for. */
export type PeerPath = '/script.js' | '/factory.mjs' | '/runtime.wasm' | '/weights';

/** A server of another origin with the stand-in, its weights and what goes wrong. */
export interface StandInServer extends Served {
  readonly peer: PeerStandIn;
  /** Paths in the order they were asked for. */
  readonly requests: string[];
  /** Answers for a path in place of the usual one. */
  readonly faults: Map<PeerPath, (response: ServerResponse) => void>;
  /** Bytes that are sent for weights. */
  weights: Uint8Array;
}

const REPOSITORY = 'someone/depth';
const REVISION = '0123456789abcdef0123456789abcdef01234567';

/** Serves the stand-in. */
export async function serveStandIn(): Promise<StandInServer> {
  const texts: Record<string, string> = {
    '/script.js': SCRIPT,
    '/factory.mjs': 'export default "factory";',
    '/runtime.wasm': 'wasm',
  };
  const server = createServer(({ url = '' }, response) => {
    const path = url === `/${REPOSITORY}/resolve/${REVISION}/onnx/model.onnx` ? '/weights' : url;
    found.requests.push(path);
    response.setHeader('access-control-allow-origin', '*');
    const fault = found.faults.get(path as PeerPath);
    if (fault) fault(response);
    else response.end(path === '/weights' ? found.weights : texts[path]);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
  const file = (path: string): PinnedFile => ({
    url: new URL(path, url).href,
    bytes: texts[path]!.length,
    sha384: createHash('sha384').update(texts[path]!).digest('base64'),
  });
  const library: PeerLibrary = {
    title: 'transformers.js',
    version: '4.3.1',
    script: file('/script.js'),
    factory: file('/factory.mjs'),
    wasm: file('/runtime.wasm'),
    hub: url,
    repository: REPOSITORY,
    revision: REVISION,
    weightBytes: 99.1e6,
  };
  const found: StandInServer = {
    url,
    peer: { module: `export const PEER = ${JSON.stringify(library)};`, hosts: url },
    requests: [],
    faults: new Map(),
    weights: new Uint8Array(4),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return found;
}
