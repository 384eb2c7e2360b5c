import { element } from './elements.js';
import { focalLengthOf, openPicture } from './open_picture.js';

/** The picture, or the video, and its caption. */
export class PicturePane {
  readonly video = element('video', HTMLVideoElement);
  readonly picture = element('picture', HTMLImageElement);
  readonly #caption = element('picture-caption', HTMLElement);
  #blob: Blob | undefined;
  #focalLength: number | undefined;
  #width = 0;
  #name = 'picture';
  /** Of a picture that takes long to read. */
  #reading: AbortController | undefined;

  /** The encoded picture, unless there is a video. */
  get blob(): Blob | undefined {
    return this.#blob;
  }

  /** That the picture spans from side to side, in degrees, by its EXIF data. */
  get angle(): number | undefined {
    return this.#focalLength && (360 / Math.PI) * Math.atan(this.#width / 2 / this.#focalLength);
  }

  /** Of a camera that sees so much from side to side, in pixels. */
  focalLengthAt(degrees: number): number {
    return this.#width / 2 / Math.tan((degrees * Math.PI) / 360);
  }

  /** Name for files made from this picture, without an extension. */
  get stem(): string {
    return this.#name.replace(/\.[^.]*$/, '') || 'picture';
  }

  /**
   * Shows a picture, if it is still wanted when it is decoded.
   * @param rendered whether it is one of the page's own, which have no camera
   * @throws Error when it cannot be decoded; what was on show stays
   */
  async show(file: Blob, name: string, wanted: () => boolean, rendered: boolean): Promise<void> {
    this.#reading?.abort();
    const { signal } = (this.#reading = new AbortController());
    const { blob, url, width, height } = await openPicture(file, name, signal);
    const focalLength = rendered ? undefined : await focalLengthOf(file, { width, height });
    if (!wanted()) return URL.revokeObjectURL(url);
    const image = this.picture;
    URL.revokeObjectURL(image.src);
    image.src = url;
    this.#blob = blob;
    this.#focalLength = focalLength;
    this.#name = name;
    this.#present(image, width, height);
  }

  /** Shows the video in place of the picture. */
  showVideo(name: string): void {
    this.#blob = this.#focalLength = undefined;
    this.#name = name;
    this.#present(this.video, this.video.videoWidth, this.video.videoHeight);
  }

  #present(shown: HTMLElement, width: number, height: number): void {
    this.#width = width;
    this.picture.hidden = shown !== this.picture;
    this.video.hidden = shown !== this.video;
    this.#caption.textContent = `${this.#name} · ${width} × ${height}`;
    element('panes', HTMLElement).style.setProperty('--aspect', String(width / height));
  }
}
