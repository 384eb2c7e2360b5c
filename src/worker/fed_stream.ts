import type { DepthMap, DepthModel, PictureSource, StreamOptions } from '../index.js';
import { disposed } from '../errors.js';

/** A stream in the worker of pictures that the page sends one at a time: it asks for the next when it has the map. */
export class FedStream {
  readonly #stop = new AbortController();
  readonly #maps: AsyncGenerator<DepthMap, void, undefined>;
  #picture: PictureSource | undefined;

  constructor(model: DepthModel, options: StreamOptions) {
    const pictures: AsyncIterable<PictureSource> = {
      // The stream reads only within `next`, which was given one.
      [Symbol.asyncIterator]: () => ({ next: async () => ({ value: this.#picture!, done: false }) }),
    };
    this.#maps = model.stream(pictures, { ...options, queue: 'all', signal: this.#stop.signal });
  }

  /** The map of the next picture; the stream is over once one was given up or failed. @throws as `DepthModel.stream` */
  async next(picture: PictureSource, signal: AbortSignal): Promise<DepthMap> {
    this.#picture = picture;
    signal.addEventListener('abort', () => this.#stop.abort(), { once: true });
    const { value } = await this.#maps.next();
    if (!value) throw disposed('This stream', 'run');
    return value;
  }

  /** Ends it. Its maps stay. */
  dispose(): void {
    this.#stop.abort();
    void this.#maps.return();
  }
}
