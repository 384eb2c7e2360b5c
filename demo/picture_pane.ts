import { element } from './elements.js';

/** The picture, or the video, and its caption. */
export class PicturePane {
  readonly video = element('video', HTMLVideoElement);
  readonly picture = element('picture', HTMLImageElement);
  readonly #caption = element('picture-caption', HTMLElement);
  #blob: Blob | undefined;
  #name = 'picture';

  /** The encoded picture, unless there is a video. */
  get blob(): Blob | undefined {
    return this.#blob;
  }

  /** Name for files made from this picture, without an extension. */
  get stem(): string {
    return this.#name.replace(/\.[^.]*$/, '') || 'picture';
  }

  /**
   * Shows a picture, if it is still wanted when it is decoded.
   * @throws Error when the browser cannot decode it; what was on show stays
   */
  async show(blob: Blob, name: string, wanted: () => boolean): Promise<void> {
    const url = URL.createObjectURL(blob);
    const decoded = new Image();
    decoded.src = url;
    try {
      await decoded.decode();
    } catch (cause) {
      URL.revokeObjectURL(url);
      throw new Error(undecodable(blob, name), { cause });
    }
    if (!wanted()) return URL.revokeObjectURL(url);
    const image = this.picture;
    URL.revokeObjectURL(image.src);
    image.src = url;
    this.#blob = blob;
    this.#name = name;
    this.#present(image, decoded.naturalWidth, decoded.naturalHeight);
  }

  /** Shows the video in place of the picture. */
  showVideo(name: string): void {
    this.#blob = undefined;
    this.#name = name;
    this.#present(this.video, this.video.videoWidth, this.video.videoHeight);
  }

  #present(shown: HTMLElement, width: number, height: number): void {
    this.picture.hidden = shown !== this.picture;
    this.video.hidden = shown !== this.video;
    this.#caption.textContent = `${this.#name} · ${width} × ${height}`;
    element('panes', HTMLElement).style.setProperty('--aspect', String(width / height));
  }
}

function undecodable({ type }: Blob, name: string): string {
  return type.startsWith('image/')
    ? `${name} cannot be decoded as a picture by this browser.`
    : `${name} is neither a picture that this browser can decode nor weights (safetensors, or a PyTorch file).`;
}
