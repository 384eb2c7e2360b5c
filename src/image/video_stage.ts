/** A canvas that video frames are drawn on where they cannot be copied to a texture themselves. */
export class VideoStage {
  readonly #canvas = new OffscreenCanvas(1, 1);

  draw(frame: HTMLVideoElement | VideoFrame, width: number, height: number): OffscreenCanvas {
    const canvas = this.#canvas;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
    context.drawImage(frame, 0, 0, width, height);
    return canvas;
  }
}
