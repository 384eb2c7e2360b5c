import type { DepthMap, DepthModel } from 'depthwise';
import { LiveScene } from './live_scene.js';
import type { Viewer } from './viewer.js';

/** `HTMLMediaElement.HAVE_CURRENT_DATA`. */
const HAS_FRAME = 2;

/**
 * Draws what moves in 3-D. A frame goes to the GPU once, for the network and for what is drawn; of its depth two
 * numbers come back, the ends of the map.
 */
export class LiveView {
  readonly model: DepthModel;
  readonly #viewer: Viewer;
  /** The frame whose depth is estimated. */
  #next: GPUTexture | undefined;
  /** Where the browser copies no video to textures, as Chromium on software adapters. */
  #stage: OffscreenCanvas | undefined;
  #scene: LiveScene | undefined;

  constructor(model: DepthModel, viewer: Viewer) {
    this.model = model;
    this.#viewer = viewer;
  }

  /** Frames of a video, the newest each time one is asked for: each is overwritten by the next. */
  async *frames(video: HTMLVideoElement, signal: AbortSignal): AsyncGenerator<GPUTexture, void, undefined> {
    // A paused one shows the frame that it stands at.
    let fresh = video.paused;
    let wake = () => undefined as void;
    let handle = 0;
    const note = () => {
      handle = video.requestVideoFrameCallback(note);
      fresh = true;
      wake();
    };
    const stop = () => wake();
    handle = video.requestVideoFrameCallback(note);
    video.addEventListener('error', stop);
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        if (video.error) throw new Error(`The video broke off: ${video.error.message}.`);
        if (fresh && video.readyState >= HAS_FRAME) {
          fresh = false;
          yield this.#upload(video);
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      video.cancelVideoFrameCallback(handle);
      video.removeEventListener('error', stop);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Shows the frame that was estimated last, with its map. */
  async take(map: DepthMap): Promise<void> {
    const picture = this.#next;
    if (!picture) return;
    const { model } = this;
    const range = await map.range();
    const viewer = this.#viewer;
    const { subject } = viewer.stage;
    if (!this.#scene?.fits(map, picture) || subject?.live !== this.#scene) {
      this.#scene = await LiveScene.make(model, map, picture);
      const { device, info } = model;
      const live = this.#scene;
      live.take(map, picture, range);
      viewer.follow({ map, device, software: info.adapter.software, title: info.title, lens: undefined, live });
      return;
    }
    this.#scene.take(map, picture, range);
    viewer.moving.onMove(false);
  }

  #upload(video: HTMLVideoElement): GPUTexture {
    const { videoWidth: width, videoHeight: height } = video;
    const { device } = this.model;
    if (this.#next?.width !== width || this.#next.height !== height) {
      this.#next?.destroy();
      const { TEXTURE_BINDING, COPY_SRC, COPY_DST, RENDER_ATTACHMENT } = GPUTextureUsage;
      this.#next = device.createTexture({
        label: 'live frame',
        size: [width, height],
        format: 'rgba8unorm',
        usage: TEXTURE_BINDING | COPY_SRC | COPY_DST | RENDER_ATTACHMENT,
      });
    }
    const texture = this.#next;
    const copy = (source: HTMLVideoElement | OffscreenCanvas) =>
      device.queue.copyExternalImageToTexture({ source }, { texture }, [width, height]);
    if (!this.#stage)
      try {
        copy(video);
        return texture;
      } catch {
        this.#stage = new OffscreenCanvas(1, 1);
      }
    const stage = this.#stage;
    if (stage.width !== width || stage.height !== height) Object.assign(stage, { width, height });
    stage.getContext('2d', { willReadFrequently: true })?.drawImage(video, 0, 0, width, height);
    copy(stage);
    return texture;
  }
}
