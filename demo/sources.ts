import type { KnownLens } from './assumptions.js';
import type { Folder } from './dropped.js';
import { element } from './elements.js';
import type { Footage } from './footage.js';
import { SAMPLE, type GalleryPicture, type OwnPicture } from './gallery_pictures.js';
import { takeFiles } from './intake.js';
import { PicturePane } from './picture_pane.js';
import type { ChosenWeights } from './session.js';
import { Strip } from './strip.js';

/** Milliseconds without a picture after which the page says what it does. */
const SLOW = 250;

interface Listener {
  /** Another picture is shown; `start` where its depth is to be estimated at once. */
  readonly onPicture: (start: boolean) => Promise<void>;
  /** The frame on show of what moved is the next picture. */
  readonly onStill: () => void;
  /** A picture that takes its time to be read. */
  readonly onReading: (name: string) => void;
  /** Before the camera or a video starts, which may take its time. */
  readonly onChange: () => void;
  /** The camera or a video plays. */
  readonly onFootage: (footage: Footage) => Promise<void>;
  /** A folder is chosen from, or none any more. */
  readonly onFolder: (folder: Folder | undefined) => void;
  readonly onWeights: (weights: ChosenWeights) => void;
  readonly onError: (error: unknown) => void;
}

/** Where pictures come from: the page itself, files, folders, links, the camera and videos. */
export class Sources {
  readonly pane = new PicturePane();
  /** Fetched for what moves. */
  #footage: Footage | undefined;
  readonly #strip = new Strip(() => this.#listener.onFolder(undefined));
  readonly #button = element('camera', HTMLButtonElement);
  readonly #listener: Listener;
  #more: Promise<void> | undefined;
  #rendered: readonly GalleryPicture[] = [SAMPLE];
  /** Degrees from side to side that a model estimates of the picture. */
  estimated: number | undefined;
  #image: string | undefined;
  /** Of what was asked for last: what arrives after that, and was asked for before, is not shown. */
  #turn = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
    takeFiles({
      onPicture: (file) => void this.#take(file, file.name || 'pasted picture', true),
      onVideo: (file) => void this.#start((footage) => footage.play(file)),
      onFolder: (folder) => void this.#takeFolder(folder).catch(listener.onError),
      onWeights: listener.onWeights,
      onError: listener.onError,
    });
    this.#button.addEventListener(
      'click',
      () => void (this.#footage?.running ? this.#stop(this.#footage) : this.#start((footage) => footage.startCamera())),
    );
    this.#add([SAMPLE]);
  }

  /** Address of the picture, for a link; undefined for the visitor's own, and for the one that the page begins with. */
  get image(): string | undefined {
    return this.#image === SAMPLE.picture ? undefined : this.#image;
  }

  /** What is known of a picture that comes with the page. */
  get rendered(): GalleryPicture | undefined {
    return this.#renderedAt(this.#image);
  }

  /** How much of its camera is known. */
  get lens(): KnownLens | undefined {
    const { rendered } = this;
    if (rendered) return { angle: rendered.angle, by: 'as it was rendered' };
    const { angle } = this.pane;
    if (angle) return { angle, by: 'by the focal length in its EXIF data' };
    return this.estimated ? { angle: this.estimated, by: 'as the model estimates it' } : undefined;
  }

  /** Shows the picture at an address, or says why it cannot. */
  async fetch(url = SAMPLE.picture, start: boolean): Promise<void> {
    const turn = ++this.#turn;
    let blob: Blob;
    try {
      blob = await fetchPicture(url);
    } catch (error) {
      return turn === this.#turn ? this.#listener.onError(error) : undefined;
    }
    if (turn !== this.#turn) return;
    const name = new URL(url, location.href).pathname.split('/').pop() || 'picture';
    await this.#take(blob, name, start, url);
  }

  async #take(blob: Blob, name: string, start: boolean, image?: string): Promise<void> {
    const turn = ++this.#turn;
    const timer = setTimeout(() => this.#listener.onReading(name), SLOW);
    try {
      // What is known of it comes with the others.
      if (image?.startsWith('./gallery/')) await this.addPictures();
      await this.pane.show(blob, name, () => turn === this.#turn, this.#renderedAt(image) !== undefined);
    } catch (error) {
      return turn === this.#turn ? this.#listener.onError(error) : undefined;
    } finally {
      clearTimeout(timer);
    }
    if (turn !== this.#turn) return;
    this.#image = image;
    this.estimated = undefined;
    this.#strip.mark(image ?? blob);
    this.#footage?.stop();
    this.#showFootage();
    await this.#listener.onPicture(start);
  }

  /** Once: the pictures of the page besides the first. */
  addPictures(): Promise<void> {
    return (this.#more ??= import('./picture_tools.js').then(({ RENDERED, PHOTOGRAPHS }) => {
      this.#rendered = [SAMPLE, ...RENDERED];
      this.#add([...RENDERED, ...PHOTOGRAPHS]);
    }));
  }

  #add(pictures: readonly OwnPicture[]): void {
    this.#strip.add(
      pictures.map(({ picture: key, title, thumb, credit }) => ({
        ...{ key, title, thumb, credit },
        pick: () => void this.fetch(key, true),
      })),
    );
  }

  #renderedAt(image: string | undefined): GalleryPicture | undefined {
    return this.#rendered.find(({ picture }) => picture === image);
  }

  async #takeFolder(folder: Folder): Promise<void> {
    const { describeFolder, itemsOf } = await import('./dropped.js');
    const items = itemsOf(folder, (file) => void this.#take(file, file.name, true));
    const words = describeFolder(folder);
    if (!items[0]) return this.#listener.onError(new Error(words));
    this.#strip.show(words, items);
    this.#listener.onFolder(folder);
    items[0].pick();
  }

  async #start(start: (footage: Footage) => Promise<void>): Promise<void> {
    const turn = ++this.#turn;
    this.#listener.onChange();
    try {
      const { Footage } = await import('./footage.js');
      if (turn !== this.#turn) return;
      this.#footage ??= new Footage(this.pane.video);
      await start(this.#footage);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#showFootage();
      return this.#listener.onError(error);
    }
    if (turn !== this.#turn) return this.#footage.stop();
    this.#image = this.estimated = undefined;
    this.#strip.mark(undefined);
    this.pane.showVideo(this.#footage.name);
    this.#showFootage();
    await this.#listener.onFootage(this.#footage);
  }

  /** Stops at the frame on show, and takes that one. */
  async #stop(footage: Footage): Promise<void> {
    const turn = ++this.#turn;
    const still = await footage.still();
    if (turn !== this.#turn) return;
    if (still) {
      this.#listener.onStill();
      return this.#take(still, `${footage.name.replace(/\.[^.]*$/, '')}.png`, true);
    }
    footage.stop();
    this.#showFootage();
    await this.fetch(SAMPLE.picture, false);
  }

  #showFootage(): void {
    const running = this.#footage?.running === true;
    this.#button.textContent = running ? `Stop ${this.#footage?.kind}` : 'Use camera';
    this.#button.setAttribute('aria-pressed', String(running));
  }
}

async function fetchPicture(url: string): Promise<Blob> {
  let why = 'there is no network, or its server does not allow it (CORS)';
  let cause: unknown;
  try {
    const response = await fetch(url);
    if (response.ok) return await response.blob();
    why = `the server answered ${response.status}`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    cause = error;
  }
  throw new Error(`The picture ${url} could not be fetched: ${why}.`, { cause });
}
