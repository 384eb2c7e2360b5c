import { NetworkError } from './errors.js';

const slimForm = async () => (await fetched(import('./kernels/slim.js'))).slimForm;

/**
 * Code that a page fetches apart from the rest, as only some users need it; the network of each family of models has
 * one door more, in its `Family`. Each rejects with `NetworkError` `NET_PART` where it cannot be fetched, and can be
 * asked again.
 */
export const parts = {
  /** For GPUs: tuning, its known answers, and the WGSL of kernels that only GPUs run. */
  gpu: () => fetched(import('./tuning/gpu.js')),
  /** For transformers on GPUs: their tiled kernels, and known answers. */
  gpuTransformers: () => fetched(import('./tuning/gpu_transformers.js')),
  /** For GPUs whose invocations have few registers: smaller tiles. */
  slim: async () => (opened.slim = await slimForm()),
  /** The readers of PyTorch files, and of weights in several files. */
  torch: () => fetched(import('./weights/format/torch_file.js')),
  /** Colours and ranges of depth maps. */
  drawing: () => fetched(import('./depth/drawing.js')),
  /**
   * What few pages use: the WGSL of kernels that only CPU adapters run; `toBlob`, `texture`, `encode`, `prepare`,
   * `run`, `profile` and `stream`; how far to trust a map; the convention `hub`; downloads that break off and go on; a
   * config.json beside the weights; pictures at a URL, and JPEGs that a browser refuses.
   */
  rare: () => fetched(import('./runtime/rare.js')),
  /** Streams whose depth holds still. */
  steady: () => fetched(import('./runtime/steady.js')),
  /** For weights at a URL: requests, branches of the hub, and weights that are kept. */
  downloads: () => fetched(import('./weights/fetch/downloads.js')),
};

/** Parts that are used without waiting once they have been fetched. */
export const opened: { slim?: Awaited<ReturnType<typeof slimForm>> } = {};

export type DrawingPart = Awaited<ReturnType<(typeof parts)['drawing']>>;
export type RarePart = Awaited<ReturnType<(typeof parts)['rare']>>;

/** @throws NetworkError `NET_PART` where a part cannot be fetched */
export function fetched<T>(part: Promise<T>): Promise<T> {
  return part.catch((cause: Error) => {
    throw new NetworkError('NET_PART', `A part of Depthwise could not be fetched: ${cause.message}.`, { cause });
  });
}
