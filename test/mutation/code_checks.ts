import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type * as Library from '../../src/node/index.js';
import type { CachedFile, WeightsCache } from '../../src/weights/cache/cache.js';
import { BufferUsage, TextureUsage } from '../../src/gpu/buffers.js';
import { FaultyDevice, FaultyGpu } from '../faults/faulty_device.js';
import { testGpu } from '../gpu.js';
import { nullGpu } from '../unit/kernels/null_gpu.js';
import { headerOnly } from '../unit/model/header_only.js';
import { firstBytes, grey, picture, SMALL } from '../unit/model/pictures.js';
import { changedMidas, tinyMidas } from '../unit/model/tiny_midas.js';
import { readFixture } from '../unit/weights/checkpoint_headers.js';
import { fileOf } from '../unit/weights/safetensors_file.js';
import { sends, WeightsServer } from '../unit/weights/weights_server.js';

type Node = typeof Library;
/** Whether a library keeps a promise, asked through the calls that programs make. */
export type Check = (library: Node) => Promise<boolean>;

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

interface Fault {
  readonly code?: string;
  readonly message: string;
}

/** What a load ends in; the code `loaded` where it succeeds. */
async function loadOf(
  { loadDepthModel }: Node,
  source: Parameters<Node['loadDepthModel']>[0],
  options: Parameters<Node['loadDepthModel']>[1] = {},
): Promise<Fault> {
  const { device } = await nullGpu();
  return loadDepthModel(source, { device, cache: false, tuning: 'off', precision: 'f32', ...options }).then(
    (model) => {
      model.dispose();
      return { code: 'loaded', message: '' };
    },
    (error: Fault) => error,
  );
}

/** `tinyMidas` with other values in one tensor. */
function changed(name: string, change: (value: number) => number): Uint8Array<ArrayBuffer> {
  return changedMidas((other, values) => (other === name ? values.map(change) : undefined));
}

/** Stored in half precision where the model is. */
const WEIGHT = 'scratch.layer1_rn.weight';

export const nestingIsBounded: Check = async (library) => {
  const { code, message } = await loadOf(library, fileOf(`{"a":${'['.repeat(1e6)}`));
  return code === 'ST_HEADER_JSON' && message.includes('at most 4 levels');
};

export const tensorsAreCounted: Check = async (library) => {
  const entry = (i: number) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`;
  const header = Array.from({ length: 100_002 }, (_, i) => entry(i)).join(',');
  return (await loadOf(library, fileOf(`{${header}}`))).code === 'ST_TOO_MANY_TENSORS';
};

export const valuesAreFinite: Check = async (library) => {
  for (const value of [NaN, Infinity, -Infinity])
    if (
      (
        await loadOf(
          library,
          changed(WEIGHT, () => value),
        )
      ).code !== 'WEIGHTS_NON_FINITE'
    )
      return false;
  return (await loadOf(library, tinyMidas())).code === 'loaded';
};

export const halvesAreInRange: Check = async (library) => {
  const large = changed(WEIGHT, (value) => value * 1e7);
  const { device } = await testGpu();
  const { code } = await loadOf(library, large, { device, precision: 'f16' });
  return code === 'WEIGHTS_F16_RANGE' && (await loadOf(library, large)).code === 'loaded';
};

/** On an adapter that computes nothing every answer is wrong. */
export const answersAreAskedAtStart: Check = async (library) => {
  // The alarm that ends the trying of kernels after 300 ms does not go off.
  const soon = setTimeout;
  vi.stubGlobal('setTimeout', (work: () => void, ms = 0) => (ms < 100 ? soon(work, ms) : undefined));
  try {
    for (const precision of ['f32', 'f16'] as const)
      if ((await loadOf(library, tinyMidas(), { tuning: 'auto', precision })).code !== 'GPU_UNSOUND') return false;
    return true;
  } finally {
    vi.unstubAllGlobals();
  }
};

/** A header that claims a gigabyte that does not come. */
export const sizesAreNotBelieved: Check = async (library) => {
  const file = fileOf(JSON.stringify({ w: { dtype: 'U8', shape: [2 ** 30], data_offsets: [0, 2 ** 30] } }), 10);
  const source = { name: 'w', open: async () => new Blob([file]).stream() };
  const folder = await mkdtemp(join(tmpdir(), 'depthwise-claim-'));
  const Bytes = globalThis.Uint8Array;
  let largest = 0;
  globalThis.Uint8Array = new Proxy(Bytes, {
    construct(target, args: unknown[]) {
      if (typeof args[0] === 'number') largest = Math.max(largest, args[0]);
      return Reflect.construct(target, args) as object;
    },
  });
  try {
    const ended = library.convertWeights(source, join(folder, 'out.safetensors'));
    const { code } = await ended.then(
      () => ({ code: 'written' }),
      (error: Fault) => error,
    );
    return code === 'ST_TRUNCATED' && largest < 2 ** 24;
  } finally {
    globalThis.Uint8Array = Bytes;
    await rm(folder, { recursive: true });
  }
};

export const upperByteComesFirst: Check = async ({ readPicture }) => {
  const folder = await mkdtemp(join(tmpdir(), 'depthwise-pnm-'));
  try {
    const path = join(folder, 'a.pgm');
    await writeFile(path, Buffer.concat([Buffer.from('P5 2 1 65535\n'), Buffer.from([0x12, 0xff, 0xff, 0x12])]));
    const { data } = await readPicture(path);
    return data[0] === 19 && data[4] === 254;
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** A hub that answers a page in place of config.json once. */
export const configIsReadBeforeItIsKept: Check = async (library) => {
  const header = new Uint8Array(
    await new Response(await (await headerOnly('depth-anything-small', 'end')).open()).arrayBuffer(),
  );
  const config = JSON.stringify(readFixture<Record<string, unknown>>('hub_configs')['da2-s.hf']);
  const server = await WeightsServer.start();
  const files = new Map<string, Uint8Array>();
  try {
    let answer = '<html>';
    server.answer((request, response) =>
      (request.url!.endsWith('config.json') ? sends(answer) : sends(header))(request, response),
    );
    const options = { cache: memoryCache(files), hubUrl: server.origin };
    const first = await loadOf(library, `hf:org/repo@${COMMIT}`, options);
    answer = config;
    const second = await loadOf(library, `hf:org/repo@${COMMIT}`, options);
    return first.code === 'MODEL_CONFIG' && second.code === 'ST_TRUNCATED';
  } finally {
    await server.stop();
  }
};

/** Twenty models on devices of their own, each of which draws a map: nothing of them is left. */
export const disposeLeavesNothing: Check = async (library) => {
  const made = new FaultyGpu((await testGpu()).device);
  for (let i = 0; i < 20; i++) {
    const model = await load(library, { gpu: made.gpu });
    const map = await model.estimate(picture('a'), SMALL);
    await map.colors();
    if (i % 2) map.dispose();
    const device = made.last;
    // What a device holds once it is destroyed is not seen: the device has to be let go empty.
    device.keep = true;
    model.dispose();
    await new Promise((resolve) => setImmediate(resolve));
    const { buffers, textures } = device.held;
    if (buffers + textures > (i % 2 ? 0 : 1) || device.listeners > 0 || !device.destroyed) return false;
  }
  return true;
};

/** With six runs under way, one error that no scope catches fails all of them, and no run after. */
export const faultsFailEveryRun: Check = async (library) => {
  const made = new FaultyGpu((await testGpu()).device);
  const model = await load(library, { gpu: made.gpu });
  try {
    (await model.estimate(picture('a'), SMALL)).dispose();
    const runs = Array.from({ length: 6 }, () => model.estimate(picture('a'), SMALL));
    made.last.blurt('something odd');
    const ends = await Promise.allSettled(runs);
    (await model.estimate(picture('a'), SMALL)).dispose();
    return ends.every((end) => end.status === 'rejected' && (end.reason as Fault).code === 'INTERNAL_VALIDATION');
  } finally {
    model.dispose();
  }
};

/** `tinyMidas` on a device of its own. */
function load(
  { loadDepthModel }: Node,
  options: Parameters<Node['loadDepthModel']>[1],
): ReturnType<typeof loadDepthModel> {
  return loadDepthModel(tinyMidas(), { cache: false, tuning: 'off', precision: 'f32', ...options });
}

/** Maps of the decoder past f16, where the weights are not. */
const overflowing = () =>
  changedMidas((name, values) => {
    const up = /scratch\.(layer\d_rn\.weight|refinenet\d\..*\.bias)$/.test(name);
    return up ? values.map((value) => value * 150_000) : undefined;
  });

/** The code that an estimate ends in, and the codes of warnings. */
async function estimateOf(
  { loadDepthModel }: Node,
  weights: Uint8Array<ArrayBuffer>,
  precision: 'f32' | 'f16',
  source = picture('a'),
): Promise<string[]> {
  const { device } = await testGpu();
  const codes: string[] = [];
  const onWarning = ({ code }: { code: string }) => codes.push(code);
  const model = await loadDepthModel(weights, { device, cache: false, tuning: 'off', precision, onWarning });
  await model.estimate(source, SMALL).then(
    (map) => map.dispose(),
    ({ code }: Fault) => codes.push(code!),
  );
  model.dispose();
  return codes;
}

export const overflowIsNoticed: Check = async (library) =>
  String(await estimateOf(library, overflowing(), 'f16')) === 'LIMIT_F16_RANGE';

export const overflowIsNoticedWhereEncoded: Check = async ({ loadDepthModel }) => {
  const { device } = await testGpu();
  let warned = (_code: string): void => undefined;
  const first = new Promise<string>((resolve) => (warned = resolve));
  const model = await loadDepthModel(overflowing(), {
    device,
    cache: false,
    tuning: 'off',
    precision: 'f16',
    onWarning: ({ code }) => warned(code),
  });
  const source = device.createTexture({ size: [64, 48], format: 'rgba8unorm', usage: TextureUsage.TEXTURE_BINDING });
  const target = device.createBuffer({ size: 4 * 64 * 48, usage: BufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  await model.encode(encoder, { source, target, ...SMALL });
  device.queue.submit([encoder.finish()]);
  const code = await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 5000))]);
  model.dispose();
  source.destroy();
  target.destroy();
  return code === 'LIMIT_F16_RANGE';
};

export const flatMapsAreRefused: Check = async (library) => {
  const dead = changed('scratch.output_conv.4.bias', () => -1e4);
  return String(await estimateOf(library, dead, 'f32')) === 'MODEL_FLAT';
};

/** A network that gives zeros for black, and depth for other pictures. */
export const flatPicturesAreNot: Check = async (library) => {
  const weights = changedMidas((name, values) => {
    if (name === 'pretrained.layer1.0.weight') return values.map(Math.abs);
    return /bias$|running_mean$/.test(name) ? values.fill(0) : undefined;
  });
  return String(await estimateOf(library, weights, 'f32', grey(0))) === '';
};

export const zerosAreNamed: Check = async (library) =>
  String(
    await estimateOf(
      library,
      changed(WEIGHT, () => 0),
      'f32',
    ),
  ) === 'WEIGHTS_ZERO';

export const zerosAreRefused: Check = async (library) => {
  const zeros = changedMidas((name, values) => (name.endsWith('weight') ? values.fill(0) : undefined));
  return (await loadOf(library, zeros)).code === 'WEIGHTS_ZERO';
};

/** The first layer sees nothing: what the map shows is where borders are. */
export const picturesAreSeen: Check = async (library) => {
  const blind = changed('pretrained.layer1.0.weight', () => 0);
  return (await estimateOf(library, blind, 'f32')).includes('MODEL_FLAT');
};

/** Records a run of a model whose values f16 does not hold, which goes to f32 before it is submitted. */
async function recorded(
  { loadDepthModel }: Node,
  format: 'r32float' | 'rgba16float',
  change: Change,
): Promise<boolean> {
  const faulty = new FaultyDevice((await testGpu()).device);
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let reached = (): void => undefined;
  const compiling = new Promise<void>((resolve) => (reached = resolve));
  const device = new Proxy(faulty.device, {
    get: (target, name) => {
      // Where nothing says that it is a CPU, `auto` is f16.
      if (name === 'adapterInfo') return {};
      if (name !== 'createComputePipelineAsync' || change === 'after') return Reflect.get(target, name) as unknown;
      return async (descriptor: GPUComputePipelineDescriptor) => {
        if (/depth_texture/.test(descriptor.label ?? '')) {
          reached();
          await gate;
        }
        return target.createComputePipelineAsync(descriptor);
      };
    },
  });
  const model = await loadDepthModel(overflowing(), { device, cache: false, tuning: 'off', onWarning: () => {} });
  const usage = TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST;
  const source = device.createTexture({ size: [64, 48], format: 'rgba8unorm', usage });
  const target = device.createTexture({ size: [64, 48], format, usage: TextureUsage.STORAGE_BINDING });
  const encoder = device.createCommandEncoder();
  const before = model.info.precision;
  const encode = model.encode(encoder, { source, target, ...SMALL });
  await (change === 'after' ? encode : compiling);
  (await model.estimate(picture('b'), SMALL)).dispose();
  await new Promise((resolve) => setTimeout(resolve, 50));
  open();
  const done = await encode.then(
    () => true,
    () => false,
  );
  if (done) device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  const changed = `${before} ${model.info.precision}` === 'f16 f32';
  model.dispose();
  source.destroy();
  target.destroy();
  return done && changed && faulty.uncaptured.length === 0;
}

type Change = 'after' | 'while compiled';

export const recordedRunsAreKept: Check = (library) => recorded(library, 'r32float', 'after');

export const compiledRunsAreKept: Check = (library) => recorded(library, 'rgba16float', 'while compiled');

export const callsKeepTheirOrder: Check = async ({ loadDepthModel }) => {
  const faulty = new FaultyGpu((await testGpu()).device);
  const options = { gpu: faulty.gpu, cache: false, tuning: 'off', precision: 'f32' } as const;
  const model = await loadDepthModel(tinyMidas(), options);
  (await model.estimate(picture('a'), SMALL)).dispose();
  faulty.last.lose();
  await new Promise((resolve) => setImmediate(resolve));
  const { seen, stop } = firstBytes((await testGpu()).device.queue);
  const { signal } = new AbortController();
  const calls = Array.from({ length: 6 }, async (_, i) =>
    (await model.estimate(grey(i), i % 2 ? SMALL : { ...SMALL, signal })).dispose(),
  );
  await Promise.all(calls);
  stop();
  model.dispose();
  return String(seen) === '0,1,2,3,4,5';
};

export const waitsAreLimited: Check = async ({ loadDepthModel }) => {
  const faulty = new FaultyDevice((await nullGpu()).device);
  const options = { device: faulty.device, cache: false, tuning: 'off', precision: 'f32' } as const;
  const model = await loadDepthModel(tinyMidas(), options);
  const map = await model.estimate(picture('a'), SMALL);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  faulty.arm('popErrorScope', 1, 'hang');
  const read = map.read().then(
    () => '',
    ({ code }: Fault) => code,
  );
  const late = async () => {
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      vi.advanceTimersByTime(60_000);
    }
    return 'late';
  };
  const code = await Promise.race([read, late()]);
  vi.useRealTimers();
  map.dispose();
  model.dispose();
  return code === 'TIMEOUT_RUN';
};

function memoryCache(files: Map<string, Uint8Array>): WeightsCache {
  const digests = new Map<string, string>();
  return {
    match: async (key): Promise<CachedFile | undefined> => {
      const bytes = files.get(key);
      const open = async () => new Blob([new Uint8Array(bytes!)]).stream();
      return bytes && { name: key, size: bytes.length, sha256: digests.get(key)!, open };
    },
    put: async (key) => {
      const chunks: Uint8Array[] = [];
      return {
        write: async (bytes) => void chunks.push(bytes.slice()),
        commit: async (sha256) => {
          files.set(key, Buffer.concat(chunks));
          digests.set(key, sha256);
        },
        abort: async () => undefined,
      };
    },
    delete: async (key) => void files.delete(key),
  };
}
