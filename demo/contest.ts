import { adapterName, loadDepthModel, type DepthModel } from 'depthwise';
import type { Layer } from './agreement.js';
import { Peer } from './peer.js';
import { PEER } from './peer_library.js';
import type { PeerMap, RgbPicture } from './peer_messages.js';
import type { ChosenWeights } from './session.js';

/** The network that both have. */
export const NETWORK = 'depth-anything-v2-small';
/** Sides of the network's input are multiples of this. */
const PATCH = 14;
/** Maps after the first: as many of each as fit into the time, within bounds. */
const FURTHER = { least: 3, most: 10, milliseconds: 15_000 };

/** What one library took, and what it made of the picture. */
export interface Contender {
  readonly loadMs: number;
  /** The first map: kernels are compiled for it. */
  readonly firstMs: number;
  readonly furtherMs: readonly number[];
  /** Bytes that were downloaded. */
  readonly code: number;
  readonly weights: number;
  readonly layer: Layer;
}

export interface Contest {
  readonly ours: Contender;
  readonly theirs: Contender;
  /** Of the network's input, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly adapter: string;
  /** Whether that is a processor. */
  readonly software: boolean;
}

export interface ContestOptions {
  readonly blob: Blob;
  /** Short side of the network's input, in pixels. */
  readonly inputSize: number;
  /** Instead of the published weights of this side. */
  readonly weights: ChosenWeights | undefined;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** How far something is, 0…1 where it is known. */
  readonly advance: (text: string, part: number | undefined) => void;
}

/** One side while it runs. */
interface Runner {
  readonly title: string;
  readonly loadMs: number;
  readonly code: number;
  readonly weights: number;
  /** From pixels to values, both on the CPU. */
  estimate(): Promise<PeerMap>;
}

/**
 * Runs one picture through the same network in the peer and in Depthwise: in f32 on WebGPU, from the same pixels, which
 * neither resizes, in turns.
 * @throws Error in words when a side cannot be had or fails; `AbortError`
 */
export async function holdContest(options: ContestOptions): Promise<Contest> {
  const { signal, say } = options;
  const pixels = await pixelsOf(options);
  const { width, height } = pixels;
  const peer = new Peer(PEER, ({ what, loaded, total }) =>
    options.advance(`Downloading ${what} of ${PEER.title}`, total > 0 ? loaded / total : undefined),
  );
  let model: DepthModel | undefined;
  const end = () => peer.dispose();
  signal.addEventListener('abort', end);
  try {
    signal.throwIfAborted();
    say(`Loading ${PEER.title}…`);
    const theirs = await peerRunner(peer, pixels);
    const loading = await loadOurs(options);
    model = loading.model;
    const ours = modelRunner(loading, pixels);
    const [first, second] = await runBoth([ours, theirs], { width, height }, options);
    const { adapter } = model.info;
    const where = { width, height, adapter: adapterName(adapter), software: adapter.software };
    return { ours: first, theirs: second, ...where };
  } finally {
    signal.removeEventListener('abort', end);
    peer.dispose();
    model?.dispose();
  }
}

/** The picture at the network's size, without transparency. */
async function pixelsOf({ blob, inputSize }: ContestOptions): Promise<RgbPicture & { rgba: ImageData }> {
  const bitmap = await createImageBitmap(blob);
  const factor = inputSize / Math.min(bitmap.width, bitmap.height);
  const side = (length: number) => Math.max(1, Math.round((length * factor) / PATCH)) * PATCH;
  const [width, height] = [side(bitmap.width), side(bitmap.height)];
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('The browser gave no canvas to scale the picture on.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const rgba = context.getImageData(0, 0, width, height);
  const rgb = new Uint8ClampedArray(3 * width * height).map((_, i) => rgba.data[4 * Math.floor(i / 3) + (i % 3)]!);
  return { rgb, rgba, width, height };
}

async function peerRunner(peer: Peer, pixels: RgbPicture): Promise<Runner> {
  const start = performance.now();
  const bytes = await peer.load();
  const loadMs = performance.now() - start;
  const { rgb, width, height } = pixels;
  return { title: PEER.title, loadMs, ...bytes, estimate: () => peer.estimate({ rgb, width, height }) };
}

interface Loaded {
  readonly model: DepthModel;
  readonly loadMs: number;
  readonly weights: number;
}

async function loadOurs({ weights: own, signal, say, advance }: ContestOptions): Promise<Loaded> {
  say('Loading the same network in Depthwise…');
  let weights = 0;
  const start = performance.now();
  const model = await loadDepthModel(own ?? NETWORK, {
    model: NETWORK,
    precision: 'f32',
    // The peer's graph was exported from the code of the hub, which places positions in its own way.
    convention: 'hub',
    signal,
    onProgress: ({ phase, loaded, total }) => {
      if (phase === 'download') weights = loaded;
      advance('Loading Depthwise', total ? loaded / total : undefined);
    },
  });
  return { model, loadMs: performance.now() - start, weights };
}

function modelRunner({ model, loadMs, weights }: Loaded, picture: RgbPicture & { rgba: ImageData }): Runner {
  const { rgba, width, height } = picture;
  const inputSize = Math.min(width, height);
  return {
    title: 'Depthwise',
    loadMs,
    weights,
    code: scriptBytes(),
    estimate: async () => {
      const start = performance.now();
      const map = await model.estimate(rgba, { inputSize });
      // Values and their greys, as the peer gives both.
      const [values] = await Promise.all([map.read(), map.colors({ colormap: 'gray' })]);
      map.dispose();
      return { values, milliseconds: performance.now() - start };
    },
  };
}

/** First maps, and further ones in turns, each side as often first. */
async function runBoth(
  runners: readonly [Runner, Runner],
  { width, height }: Pick<RgbPicture, 'width' | 'height'>,
  { signal, say, advance }: ContestOptions,
): Promise<readonly [Contender, Contender]> {
  const firsts: PeerMap[] = [];
  for (const { title, estimate } of runners) {
    say(`First map of ${title}, for which its kernels are compiled…`);
    firsts.push(await estimate());
    signal.throwIfAborted();
  }
  say('Further maps, in turns…');
  const further: [number[], number[]] = [[], []];
  const start = performance.now();
  for (let round = 0; round < FURTHER.most; round++) {
    const left = round >= FURTHER.least && performance.now() - start > FURTHER.milliseconds;
    if (left) break;
    for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
      further[side]!.push((await runners[side]!.estimate()).milliseconds);
      signal.throwIfAborted();
    }
    advance(`Further maps: ${round + 1} of each`, (round + 1) / FURTHER.most);
  }
  const contender = (side: 0 | 1): Contender => {
    const { title, loadMs, code, weights } = runners[side];
    const { values, milliseconds: firstMs } = firsts[side]!;
    const layer: Layer = { title, values, width, height, kind: 'relative-inverse' };
    return { loadMs, firstMs, furtherMs: further[side], code, weights, layer };
  };
  return [contender(0), contender(1)];
}

/** What scripts of this page took on their way, its own and those of the library. */
function scriptBytes(): number {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  return entries
    .filter(({ name }) => name.startsWith(location.origin) && new URL(name).pathname.endsWith('.js'))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
}
