import type { Folder } from './dropped.js';
import { element } from './elements.js';
import { Footage } from './footage.js';
import { GALLERY, type GalleryPicture } from './gallery_pictures.js';
import { takeFiles } from './intake.js';
import { PicturePane } from './picture_pane.js';
import { Strip } from './strip.js';

/** The picture to begin with: a street rendered by tools/nano, of a seed that nano was not trained on. */
const SAMPLE = './sample.jpg';

interface Listener {
  /** Another picture is shown; `start` where its depth is to be estimated at once. */
  readonly onPicture: (start: boolean) => Promise<void>;
  /** Before the camera or a video starts, which may take its time. */
  readonly onChange: () => void;
  /** The camera or a video plays. */
  readonly onFootage: () => Promise<void>;
  readonly onWeights: (file: File) => void;
  readonly onError: (error: unknown) => void;
}

/** Where pictures come from: the page itself, files, folders, links, the camera and videos. */
export class Sources {
  readonly pane = new PicturePane();
  readonly footage = new Footage(this.pane.video);
  readonly #strip = new Strip();
  readonly #button = element('camera', HTMLButtonElement);
  readonly #listener: Listener;
  #image: string | undefined;

  constructor(listener: Listener) {
    this.#listener = listener;
    takeFiles({
      onPicture: (file) => void this.#take(file, file.name || 'pasted picture', true),
      onVideo: (file) => void this.#start(() => this.footage.play(file)),
      onFolder: (folder) => this.#takeFolder(folder),
      onWeights: listener.onWeights,
      onError: listener.onError,
    });
    this.#button.addEventListener(
      'click',
      () => void (this.footage.running ? this.#stop() : this.#start(() => this.footage.startCamera())),
    );
    this.#strip.own = GALLERY.map(({ title, thumb, picture }) => ({
      title,
      thumb,
      pick: () => void this.fetch(picture, true),
    }));
  }

  /** Address of the picture, for a link; undefined for the visitor's own, and for the one that the page begins with. */
  get image(): string | undefined {
    return this.#image === SAMPLE ? undefined : this.#image;
  }

  /** What is known of a picture that comes with the page. */
  get rendered(): GalleryPicture | undefined {
    return GALLERY.find(({ picture }) => picture === this.#image);
  }

  /** Shows the picture at an address, or says why it cannot. */
  async fetch(url = SAMPLE, start: boolean): Promise<void> {
    try {
      const response = await fetch(url);
      if (!response.ok)
        throw new Error(`The picture ${url} could not be fetched: the server answered ${response.status}.`);
      const name = new URL(url, location.href).pathname.split('/').pop() || 'picture';
      await this.#take(await response.blob(), name, start, url);
    } catch (error) {
      this.#listener.onError(
        error instanceof TypeError
          ? new Error(`The picture ${url} could not be fetched. On another site, its server must allow it (CORS).`)
          : error,
      );
    }
  }

  async #take(blob: Blob, name: string, start: boolean, image?: string): Promise<void> {
    try {
      await this.pane.show(blob, name);
    } catch (error) {
      return this.#listener.onError(error);
    }
    this.#image = image;
    this.footage.stop();
    this.#showFootage();
    await this.#listener.onPicture(start);
  }

  #takeFolder({ name, pictures, others }: Folder): void {
    const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
    if (pictures.length === 0)
      return this.#listener.onError(new Error(`${name} holds no picture, but ${count(others, 'other file')}.`));
    const open = (file: File) => void this.#take(file, file.name, true);
    const aside = others > 0 ? `, and ${count(others, 'other file')} left aside` : '';
    this.#strip.show(
      `${name}: ${count(pictures.length, 'picture')}${aside}`,
      pictures.map((file) => ({ title: file.name, thumb: URL.createObjectURL(file), pick: () => open(file) })),
    );
    open(pictures[0] as File);
  }

  async #start(start: () => Promise<void>): Promise<void> {
    this.#listener.onChange();
    try {
      await start();
    } catch (error) {
      this.#showFootage();
      return this.#listener.onError(error);
    }
    this.#image = undefined;
    this.pane.showVideo(this.footage.name);
    this.#showFootage();
    await this.#listener.onFootage();
  }

  /** Stops at the frame on show, and takes that one. */
  async #stop(): Promise<void> {
    const still = await this.footage.still();
    if (still) return this.#take(still, `${this.footage.name.replace(/\.[^.]*$/, '')}.png`, true);
    this.footage.stop();
    this.#showFootage();
    await this.fetch(SAMPLE, false);
  }

  #showFootage(): void {
    const { running, kind } = this.footage;
    this.#button.textContent = running ? `Stop ${kind}` : 'Use camera';
    this.#button.setAttribute('aria-pressed', String(running));
  }
}
