import tensorsUrl from '../../test/fixtures/models/depth-anything-small.tensors.json?url';
import { version as depthwiseVersion } from '../../package.json';
import { Gpu } from '../../src/gpu/gpu.js';
import { loadDepthModel } from '../../src/index.js';
import { seededCheckpoint, seededPicture, type SeededEntry } from '../../truth/seeded_weights.js';
import { Clock } from '../clock.js';
import { SCHEMA, type BenchDocument, type PeerResult, type Protocol } from '../document.js';
import { environmentOf, headerText } from '../environment.js';
import { measure } from '../measure.js';
import { peerLine } from '../peer_tables.js';

/** What is used of transformers.js. */
interface Transformers {
  readonly env: {
    version: string;
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    backends: { onnx: { wasm?: { wasmPaths: unknown } } };
  };
  readonly RawImage: new (data: Uint8ClampedArray, width: number, height: number, channels: number) => unknown;
  pipeline(
    task: string,
    model: string,
    options: object,
  ): Promise<(image: unknown) => Promise<{ readonly depth: { readonly data: Uint8Array } }>>;
}

const SIDE = 480;
/** Side of the network's input: 252, or 126 with ?side=126, which software adapters finish sooner. */
const NETWORK = new URLSearchParams(location.search).get('side') === '126' ? 126 : 252;
const MODEL = 'depth-anything-v2-small';
const ID = `${MODEL} ${NETWORK}×${NETWORK} beside transformers.js`;
/** transformers.js brings a build of ONNX Runtime of its own; it would fetch the wasm from elsewhere. */
const WASM = new URL(
  '/node_modules/@huggingface/transformers/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify',
  location.href,
).href;
const log = document.getElementById('log') as HTMLElement;
const save = document.getElementById('save') as HTMLButtonElement;

function print(line: string): void {
  log.textContent += `${line}\n`;
}

/** A square picture, by pixels of both sides. */
interface Picture {
  readonly side: number;
  readonly rgb: Uint8ClampedArray;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

function pictureOf(side: number): Picture {
  const rgb = new Uint8ClampedArray(seededPicture('bench', side, side));
  return {
    side,
    rgb,
    rgba: Uint8ClampedArray.from({ length: 4 * side * side }, (_, i) =>
      i % 4 === 3 ? 255 : (rgb[3 * (i >> 2) + (i % 4)] as number),
    ),
  };
}

/**
 * The exported graph is that of the original code, so is what it is compared with: the hub's places its positions
 * differently.
 */
async function depthwiseCall(gpu: Gpu): Promise<(picture: Picture) => Promise<Uint8ClampedArray>> {
  const tensors = (await (await fetch(tensorsUrl)).json()) as SeededEntry[];
  const model = await loadDepthModel(seededCheckpoint(tensors), {
    device: gpu.device,
    model: MODEL,
    precision: 'f32',
    convention: 'original',
    cache: false,
  });
  return async ({ rgba, side }) => {
    const map = await model.estimate({ data: rgba, width: side, height: side }, { inputSize: NETWORK });
    const colors = await map.colors({ colormap: 'gray' });
    map.dispose();
    return colors;
  };
}

async function transformersCall(): Promise<{ call: (picture: Picture) => Promise<Uint8Array>; version: string }> {
  const name = '@huggingface/transformers';
  const { env, RawImage, pipeline } = (await import(/* @vite-ignore */ `/@id/${name}`)) as Transformers;
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: '/models/' });
  if (env.backends.onnx.wasm) env.backends.onnx.wasm.wasmPaths = { mjs: `${WASM}.mjs`, wasm: `${WASM}.wasm` };
  const estimate = await pipeline('depth-estimation', `${MODEL}-${NETWORK}x${NETWORK}`, {
    device: 'webgpu',
    dtype: 'fp32',
    use_external_data_format: true,
  });
  return {
    version: env.version,
    call: async ({ rgb, side }) => (await estimate(new RawImage(rgb, side, side, 3))).depth.data,
  };
}

async function run(): Promise<BenchDocument> {
  const gpu = await Gpu.request();
  const samples = Number((document.getElementById('samples') as HTMLInputElement).value);
  const protocol: Protocol = {
    samples,
    minPassMs: 0,
    quantaPerPass: 0,
    stableWithin: 0.02,
    warmUpBlocks: 3,
    warmUpMs: 10_000,
    order: 'ABBA',
    maxGflop: Number.MAX_VALUE,
    rankSoftware: false,
  };
  const clock = new Clock(gpu.device);
  const env = environmentOf(gpu, { runtime: navigator.userAgent, os: navigator.platform, versions: {} });
  const head = {
    schema: SCHEMA as typeof SCHEMA,
    date: new Date().toISOString(),
    tool: { version: depthwiseVersion, commit: 'page' },
    env,
    clock: { source: clock.source, quantumNs: clock.quantumNs },
    protocol,
  };
  headerText(head).forEach(print);
  const ours = await depthwiseCall(gpu);
  const [exact, picture] = [pictureOf(NETWORK), pictureOf(SIDE)];
  const gray = await ours(exact);
  print('Depthwise has run; now transformers.js, whose first call compiles its kernels.');
  const { call: theirs, version } = await transformersCall();
  const start = performance.now();
  const depth = await theirs(exact);
  const firstMs = performance.now() - start;
  const [mine, other] = await measure(
    [ours, theirs].map((call: (picture: Picture) => Promise<unknown>) => ({
      sample: () => timed(() => call(picture)),
    })),
    protocol,
  );
  if (!mine || !other) throw new Error('nothing was measured');
  const result: PeerResult = {
    id: ID,
    date: head.date,
    commit: head.tool.commit,
    peer: 'transformers.js',
    version,
    settings: { device: 'webgpu', dtype: 'fp32', task: 'depth-estimation' },
    case: MODEL,
    timed: 'whole call',
    depthwise: { work: 'estimate and colors', ms: mine.ms },
    other: { firstMs, ms: other.ms },
    ratio: other.ms.median / mine.ms.median,
    // On a picture that neither side resizes: a canvas and Depthwise resample differently.
    maxDifference:
      depth.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (gray[4 * i] as number))), 0) / 255,
  };
  print(peerLine(result));
  return { ...head, peaks: {}, results: [], models: [], peers: [result], skipped: [] };
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

document.getElementById('run')?.addEventListener('click', () => {
  run().then(
    (found) => {
      save.disabled = false;
      save.onclick = () =>
        window.open(URL.createObjectURL(new Blob([JSON.stringify(found)], { type: 'application/json' })));
      print('Done.');
    },
    (error: Error) => print(`Failed: ${error.message}`),
  );
});
