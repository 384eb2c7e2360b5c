// Runs in a browser: what a page can do through the public door alone, on a device of its own.
import {
  adapterName,
  listCachedWeights,
  loadDepthModel,
  type CachedWeights,
  type DepthModel,
  type PictureSource,
} from 'depthwise';
import { seededInput } from '../../../truth/seeded_weights.js';
import { jpegWithOrientation } from './exif.js';
import * as streams from './streams.js';
import type { WorkerTask } from './worker.js';

/** Pixels from the test, as plain numbers. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA bytes. */
  readonly data: readonly number[];
}

/** Small, as every adapter here is software. */
const SIZE = { inputSize: 64 } as const;

let device: GPUDevice;
let model: DepthModel;

/**
 * Loads the weights at a URL with the browser's own cache, on the page's device with default limits; the adapter's
 * name.
 */
async function load(url: string): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('no adapter');
  device ??= await adapter.requestDevice();
  model = await loadDepthModel(url, { device });
  return adapterName(model.info.adapter);
}

/** The raw network on a seeded tensor f32[1,3,H,W]. */
async function runSeeded(name: string, H: number, W: number): Promise<number[]> {
  return Array.from(await model.run(seededInput(name, H, W), [1, 3, H, W]));
}

/** The raw network on a tensor given as numbers. */
async function runTensor(tensor: readonly number[], H: number, W: number): Promise<number[]> {
  return Array.from(await model.run(Float32Array.from(tensor), [1, 3, H, W]));
}

async function estimate(source: PictureSource): Promise<number[]> {
  const map = await model.estimate(source, SIZE);
  const values = Array.from(await map.read());
  map.dispose();
  return values;
}

/** The map of an encoded picture, or the code of the error. */
async function estimateEncoded(file: readonly number[]): Promise<number[] | string> {
  return estimate(new Blob([Uint8Array.from(file)])).catch((error: { code: string }) => error.code);
}

/** Maps of the same pixels handed over in every way a browser knows, by name of the way. */
async function estimateEverySource({ width, height, data }: Pixels): Promise<Record<string, number[]>> {
  const image = new ImageData(Uint8ClampedArray.from(data), width, height);
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  const offscreen = new OffscreenCanvas(width, height);
  offscreen.getContext('2d')?.putImageData(image, 0, 0);
  const png = await offscreen.convertToBlob();
  const url = URL.createObjectURL(png);
  const element = new Image();
  element.src = url;
  await element.decode();
  const bitmap = await createImageBitmap(image);
  const frame = new VideoFrame(canvas, { timestamp: 0 });
  const texture = device.createTexture({
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
  });
  device.queue.writeTexture({ texture }, image.data, { bytesPerRow: 4 * width }, [width, height]);
  const sources: Record<string, PictureSource> = {
    ImageData: image,
    raw: { data: image.data, width, height },
    canvas,
    OffscreenCanvas: offscreen,
    ImageBitmap: bitmap,
    img: element,
    VideoFrame: frame,
    GPUTexture: texture,
    Blob: png,
    'Blob URL': url,
    URL: new URL(url),
  };
  const maps: Record<string, number[]> = {};
  for (const [name, source] of Object.entries(sources)) maps[name] = await estimate(source);
  frame.close();
  bitmap.close();
  texture.destroy();
  URL.revokeObjectURL(url);
  return maps;
}

/**
 * A frame of these pixels as an external texture, recorded into a texture of values, and its map by `estimate`; and the
 * codes of what is refused before `prepare` and without a size.
 */
async function encodeExternal({ width, height, data }: Pixels) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d')?.putImageData(new ImageData(Uint8ClampedArray.from(data), width, height), 0, 0);
  const frame = new VideoFrame(canvas, { timestamp: 0 });
  const target = device.createBuffer({
    size: 4 * width * height,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  const record = async (sourceSize?: { width: number; height: number }): Promise<string | undefined> => {
    const encoder = device.createCommandEncoder();
    const source = device.importExternalTexture({ source: frame });
    const work = model.encode(encoder, { source, ...(sourceSize && { sourceSize }), target, ...SIZE });
    // As by a video, whose textures last no longer than the task that imports them.
    device.queue.submit([encoder.finish()]);
    return work.then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
  };
  const early = await record({ width, height });
  const source = device.importExternalTexture({ source: frame });
  await model.prepare({ width, height, target, source, ...SIZE });
  const codes = [early, await record(), await record({ width, height })];
  const staging = device.createBuffer({ size: target.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(target, 0, staging, 0, target.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const encoded = Array.from(new Float32Array(staging.getMappedRange()));
  const estimated = await estimate(frame);
  for (const buffer of [target, staging]) buffer.destroy();
  frame.close();
  return { codes, encoded, estimated };
}

/**
 * A map of these pixels drawn on canvases that WebGPU draws on, read off the canvas, beside its colours; buffers
 * mapped, and buffers and textures made, by the second drawing; and the codes of canvases that are refused.
 */
async function drawOnGpu({ width, height, data }: Pixels) {
  const map = await model.estimate({ data: Uint8Array.from(data), width, height }, SIZE);
  const make = () => document.createElement('canvas');
  const canvas = make();
  const context = canvas.getContext('webgpu') as GPUCanvasContext;
  context.configure({ device, format: navigator.gpu.getPreferredCanvasFormat(), alphaMode: 'premultiplied' });
  const own = await map.range();
  const looks = [{}, { colormap: 'gray', range: { min: own.low, max: own.high } }] as const;
  const drawn: { canvas: number[]; colors: number[] }[] = [];
  const plain = Object.assign(make(), { width, height });
  const copy = plain.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  for (const look of looks) {
    await map.draw(canvas, look);
    copy.drawImage(canvas, 0, 0);
    const { data: pixels } = copy.getImageData(0, 0, width, height);
    drawn.push({ canvas: Array.from(pixels), colors: Array.from(await map.colors(look)) });
  }
  let objects = 0;
  const spies = (
    [GPUDevice.prototype, GPUBuffer.prototype] as unknown as Record<string, (...of: unknown[]) => unknown>[]
  )
    .flatMap((type) =>
      ['createBuffer', 'createTexture', 'mapAsync'].flatMap((name) => (name in type ? [[type, name] as const] : [])),
    )
    .map(([type, name]) => {
      const real = type[name]!;
      type[name] = function (...of) {
        objects++;
        return real.apply(this, of);
      };
      return () => (type[name] = real);
    });
  await map.draw(canvas);
  for (const restore of spies) restore();
  const bitmaps = make();
  bitmaps.getContext('bitmaprenderer');
  const bare = make();
  bare.getContext('webgpu');
  const foreign = make();
  const other = await (await navigator.gpu.requestAdapter())!.requestDevice();
  (foreign.getContext('webgpu') as GPUCanvasContext).configure({ device: other, format: 'rgba8unorm' });
  const codes: string[] = [];
  for (const one of [bitmaps, bare, foreign])
    await map
      .draw(one)
      .catch(({ code, message }: { code: string; message: string }) => codes.push(`${code} ${message}`));
  map.dispose();
  other.destroy();
  return { drawn, objects, codes };
}

/**
 * Maps of a playing video and of a frame, by a model that has seen no video yet; beside each the map of the same pixels
 * on a canvas. And how often the queue took neither, as in Firefox: by itself or, with `refuse`, as it is made to.
 */
async function estimateVideo(url: string, { width, height, data }: Pixels, refuse: boolean) {
  model.dispose();
  await load(url);
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.putImageData(new ImageData(Uint8ClampedArray.from(data), width, height), 0, 0);
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: canvas.captureStream(30) });
  await video.play();
  const frame = new VideoFrame(canvas, { timestamp: 0 });
  let refused = 0;
  const queue = GPUQueue.prototype;
  const copy = queue.copyExternalImageToTexture;
  queue.copyExternalImageToTexture = function (from, ...more) {
    const moves = from.source instanceof HTMLVideoElement || from.source instanceof VideoFrame;
    try {
      if (moves && refuse)
        throw new TypeError("'source' member of GPUCopyExternalImageSourceInfo is of no type of it.");
      return copy.call(this, from, ...more);
    } catch (error) {
      if (moves && error instanceof TypeError) refused += 1;
      throw error;
    }
  };
  try {
    const maps = {
      video: await estimate(video),
      frame: await estimate(frame),
      drawn: [] as number[],
      still: [] as number[],
    };
    maps.still = await estimate(canvas);
    context.drawImage(video, 0, 0);
    maps.drawn = await estimate(canvas);
    return { ...maps, refused };
  } finally {
    queue.copyExternalImageToTexture = copy;
    frame.close();
    for (const track of (video.srcObject as MediaStream).getTracks()) track.stop();
  }
}

/** Maps of the first frames of the camera, and the size of its picture. */
async function estimateCamera(frames: number): Promise<{ maps: number[][]; width: number; height: number }> {
  const srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 160, height: 120 } });
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject });
  await video.play();
  const maps: number[][] = [];
  for await (const map of model.stream(video, SIZE)) {
    maps.push(Array.from(await map.read()));
    map.dispose();
    if (maps.length === frames) break;
  }
  for (const track of srcObject.getTracks()) track.stop();
  return { maps, width: video.videoWidth, height: video.videoHeight };
}

/** A map drawn on a canvas: its colours, and the pixels of the canvas. RGBA bytes. */
async function draw({ width, height, data }: Pixels): Promise<{ colors: number[]; drawn: number[] }> {
  const map = await model.estimate(new ImageData(Uint8ClampedArray.from(data), width, height), SIZE);
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  await map.draw(canvas);
  const context = new OffscreenCanvas(width, height).getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.drawImage(canvas, 0, 0);
  const drawn = Array.from(context.getImageData(0, 0, width, height).data);
  const colors = Array.from(await map.colors());
  map.dispose();
  return { colors, drawn };
}

/**
 * A model on a device of the library's own, which is lost under an estimate: the map before, the code of the error or
 * what was read, and the map of the next call.
 */
async function loseDevice(url: string, { width, height, data }: Pixels) {
  using own = await loadDepthModel(url);
  const image = new ImageData(Uint8ClampedArray.from(data), width, height);
  const valuesOf = async () => {
    using map = await own.estimate(image, SIZE);
    return Array.from(await map.read());
  };
  const before = await valuesOf();
  const { device } = own;
  const late = valuesOf();
  device.destroy();
  const lost = await late.catch((error: { code: string }) => error.code);
  await device.lost;
  const after = await valuesOf();
  return { before, lost, after, replaced: own.device !== device };
}

/** What the library says it keeps of downloads. */
function keptWeights(): Promise<readonly CachedWeights[]> {
  return listCachedWeights();
}

/** Maps of a JPEG that EXIF says to turn a quarter clockwise, and of its pixels turned by hand. */
async function estimateTurned({ width, height, data }: Pixels): Promise<{ tagged: number[]; turned: number[] }> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.putImageData(new ImageData(Uint8ClampedArray.from(data), width, height), 0, 0);
  const jpeg = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
  context.drawImage(await createImageBitmap(jpeg), 0, 0);
  const stored = context.getImageData(0, 0, width, height).data;
  const turned = new ImageData(height, width);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < height; x++)
      turned.data.set(
        stored.subarray(4 * ((height - 1 - x) * width + y), 4 * ((height - 1 - x) * width + y) + 4),
        4 * (y * height + x),
      );
  }
  return { tagged: await estimate(await jpegWithOrientation(jpeg, 6)), turned: await estimate(turned) };
}

/** Maps in metres of a file at a URL, which is given as it is, as bytes, and decoded; or the code of the error. */
async function estimateMetres(weights: string, url: string, focalLength?: number) {
  using metric = await loadDepthModel(weights, { model: 'depth-anything-3-metric-large', device, cache: false });
  const blob = await (await fetch(url)).blob();
  const options = focalLength === undefined ? SIZE : { ...SIZE, focalLength };
  const maps: Record<string, number[] | string> = {};
  for (const [name, source] of Object.entries({ url, blob, bitmap: await createImageBitmap(blob) })) {
    maps[name] = await metric.estimate(source, options).then(
      async (map) => Array.from(await map.read()),
      (error: { code: string }) => error.code,
    );
  }
  return maps;
}

/** Depth recorded into the caller's encoder: the target's texels, [height,width,4] as the bits of f16. */
async function encodeTexture({ width, height, data }: Pixels): Promise<number[]> {
  const usage = GPUTextureUsage;
  const source = device.createTexture({
    size: [width, height],
    format: 'rgba8unorm',
    usage: usage.TEXTURE_BINDING | usage.COPY_DST,
  });
  device.queue.writeTexture({ texture: source }, Uint8Array.from(data), { bytesPerRow: 4 * width }, [width, height]);
  const target = device.createTexture({
    size: [width, height],
    format: 'rgba16float',
    usage: usage.STORAGE_BINDING | usage.TEXTURE_BINDING | usage.COPY_SRC,
  });
  const staging = device.createBuffer({
    size: 8 * width * height,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  device.pushErrorScope('validation');
  const encoder = device.createCommandEncoder();
  await model.encode(encoder, { source, target, ...SIZE });
  encoder.copyTextureToBuffer({ texture: target }, { buffer: staging, bytesPerRow: 8 * width }, [width, height]);
  device.queue.submit([encoder.finish()]);
  const fault = await device.popErrorScope();
  if (fault) throw new Error(fault.message);
  await staging.mapAsync(GPUMapMode.READ);
  return Array.from(new Uint16Array(staging.getMappedRange()));
}

/** Disposes of the model; then whether the page's own device still works. */
async function disposeModel(): Promise<boolean> {
  model.dispose();
  const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  device.queue.writeBuffer(buffer, 0, Uint32Array.of(42));
  await buffer.mapAsync(GPUMapMode.READ);
  return new Uint32Array(buffer.getMappedRange())[0] === 42;
}

/** Bytes of every entry in the page's caches. */
async function cachedSizes(): Promise<number[]> {
  const sizes: number[] = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      sizes.push((await (await cache.match(request))?.arrayBuffer())?.byteLength ?? 0);
  }
  return sizes;
}

/** The map that a worker computes; undefined where it is terminated once it runs. */
function runInWorker(task: WorkerTask): Promise<number[] | undefined> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }: MessageEvent<number[] | 'runs'>) => {
      if (data === 'runs' && !task.endless) return;
      worker.terminate();
      resolve(data === 'runs' ? undefined : data);
    };
    worker.postMessage(task);
  });
}

/** Starts runs that nobody waits for. */
function startRuns(count: number, H: number, W: number): void {
  for (let i = 0; i < count; i++) void model.run(seededInput(`run ${i}`, H, W), [1, 3, H, W]);
}

const door = {
  load,
  runInWorker,
  startRuns,
  runSeeded,
  runTensor,
  estimateEverySource,
  estimateEncoded,
  estimateVideo,
  estimateCamera,
  streamFile: () => streams.streamFile(model),
  streamTrack: (plain: boolean) => streams.streamTrack(model, plain),
  streamCanvas: () => streams.streamCanvas(model),
  streamFrames: () => streams.streamFrames(model),
  draw,
  loseDevice,
  keptWeights,
  estimateTurned,
  estimateMetres,
  encodeTexture,
  encodeExternal,
  drawOnGpu,
  disposeModel,
  cachedSizes,
};
declare global {
  interface Window {
    door: typeof door;
  }
}
window.door = door;
