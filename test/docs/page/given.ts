// What the examples of a page take for granted, and what is asked of their results.

/** An element with the test picture, decoded. */
export async function picture(): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = '/photo.png';
  await image.decode();
  return image;
}

export function element<K extends keyof HTMLElementTagNameMap>(name: K): HTMLElementTagNameMap[K] {
  return document.body.appendChild(document.createElement(name));
}

export async function device(): Promise<GPUDevice> {
  return (await navigator.gpu.requestAdapter())!.requestDevice();
}

/** The test picture as a texture that a video frame could be in. */
export async function texture(on: GPUDevice): Promise<GPUTexture> {
  const bitmap = await createImageBitmap(await picture());
  const { width, height } = bitmap;
  const made = on.createTexture({
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
  });
  on.queue.copyExternalImageToTexture({ source: bitmap }, { texture: made }, [width, height]);
  return made;
}

/** Bits of the texels of an rgba16float texture whose rows are multiples of 256 bytes. */
export async function texels(on: GPUDevice, of: GPUTexture): Promise<Uint16Array> {
  const bytesPerRow = 8 * of.width;
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
  const buffer = on.createBuffer({ size: bytesPerRow * of.height, usage });
  const encoder = on.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture: of }, { buffer, bytesPerRow }, [of.width, of.height]);
  on.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  return new Uint16Array(buffer.getMappedRange().slice(0));
}

/** Address of half a second of film: the test picture, moving. */
export async function film(): Promise<string> {
  const image = await picture();
  const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
  const context = canvas.getContext('2d')!;
  const recorder = new MediaRecorder(canvas.captureStream(20));
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  const start = performance.now();
  await new Promise<void>((resolve) => {
    const step = (): void => {
      context.drawImage(image, (performance.now() - start) / 50, 0);
      if (performance.now() - start < 500) requestAnimationFrame(step);
      else resolve();
    };
    step();
  });
  recorder.stop();
  await stopped;
  return URL.createObjectURL(new Blob(parts, { type: recorder.mimeType }));
}

/** Gives up as soon as something is drawn on the canvas, as a visitor does who leaves. */
export function leaveOnceDrawn(canvas: HTMLCanvasElement): AbortSignal {
  const stop = new AbortController();
  const timer = setInterval(() => {
    if (!isDrawn(canvas)) return;
    clearInterval(timer);
    stop.abort();
  }, 20);
  return stop.signal;
}

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The example ran, but ${what}.`);
}

export function drawn(canvas: HTMLCanvasElement): void {
  check(isDrawn(canvas), 'nothing is drawn on its canvas');
}

/** Waits until something is drawn on the canvas; a minute at most. */
export async function drawnSoon(canvas: () => HTMLCanvasElement | null): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    const found = canvas();
    if (found && isDrawn(found)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  check(false, 'nothing is drawn on its canvas in a minute');
}

/** Whether an array has more than one value, all of them finite. */
export function varied(values: ArrayLike<number>, what: string): void {
  const all = Array.from(values);
  check(new Set(all).size > 1 && all.every(Number.isFinite), `${what} is flat or not finite`);
}

/** Whether a canvas has more than one colour. */
function isDrawn(canvas: HTMLCanvasElement): boolean {
  if (canvas.width === 0 || canvas.height === 0) return false;
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d')!;
  copy.drawImage(canvas, 0, 0);
  return new Set(new Uint32Array(copy.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size > 1;
}
