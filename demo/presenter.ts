import { element } from './elements.js';
import type { Frames, Moment } from './scene_frames.js';

/**
 * Shows frames: on a canvas that WebGPU draws on, or, on software adapters, as pixels that are read back. There that
 * costs little beside the drawing, and Chromium loses a software device whose canvas it cannot show.
 */
export class Presenter {
  readonly #direct = element('scene', HTMLCanvasElement);
  readonly #pixels = element('scene-pixels', HTMLCanvasElement);
  readonly #frame = element('map-frame', HTMLElement);

  /** @param wanted whether the frame is still to be shown when it is there */
  async present(frames: Frames, moment: Moment, software: boolean, wanted: () => boolean): Promise<void> {
    await frames.prepare?.(moment);
    if (!wanted()) return;
    if (frames.draw && !software) {
      frames.draw(this.#direct, moment);
      this.#show(this.#direct);
      // The next frame is not begun before this one can be seen.
      await new Promise(requestAnimationFrame);
      return;
    }
    const { data, width, height } = await frames.read(moment);
    if (!wanted()) return;
    this.#pixels.width = width;
    this.#pixels.height = height;
    const pixels = new ImageData(new Uint8ClampedArray(data.buffer), width, height);
    this.#pixels.getContext('2d')?.putImageData(pixels, 0, 0);
    this.#show(this.#pixels);
  }

  /** Shows the picture itself again. */
  hide(): void {
    this.#show(undefined);
  }

  #show(canvas: HTMLCanvasElement | undefined): void {
    for (const each of [this.#direct, this.#pixels]) each.hidden = each !== canvas;
    this.#frame.classList.toggle('drawn', canvas !== undefined);
  }
}
