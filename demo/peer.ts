import type { PeerLibrary } from './peer_library.js';
import type { PeerAnswer, PeerBytes, PeerMap, PeerRequest, RgbPicture } from './peer_messages.js';
import workerUrl from './peer_worker.ts?worker&url';
import { trustedScript } from './trusted_script.js';

type Answer<T extends string> = Extract<PeerAnswer, Readonly<Record<T, unknown>>>;
type PeerProgress = Answer<'progress'>['progress'];

let script: string | undefined;

/** Another library in a worker of its own, which ends with it: whatever it holds, or hangs in, goes. */
export class Peer {
  readonly #library: PeerLibrary;
  readonly #worker: Worker;
  readonly #onProgress: (progress: PeerProgress) => void;
  #waiting: { resolve(answer: PeerAnswer): void; reject(error: unknown): void } | undefined;

  /** Fetches nothing of the library yet. */
  constructor(library: PeerLibrary, onProgress: (progress: PeerProgress) => void) {
    this.#library = library;
    this.#onProgress = onProgress;
    script ??= trustedScript('peer', workerUrl);
    this.#worker = new Worker(script, { type: 'module' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<PeerAnswer>) => this.#take(data));
    this.#worker.addEventListener('error', ({ message }) =>
      this.#waiting?.reject(new Error(`The worker of ${library.title} failed. ${message ?? ''}`)),
    );
  }

  /** Fetches the library and its network. @throws Error in words when something cannot be had, or does not run */
  async load(): Promise<PeerBytes> {
    return (await this.#ask({ load: this.#library }, 'loaded')).loaded;
  }

  /** The map of a picture, which is of the network's size. @throws Error in the library's words */
  async estimate(picture: RgbPicture): Promise<PeerMap> {
    return (await this.#ask({ estimate: picture }, 'map')).map;
  }

  /** Ends the worker, and what it is asked with an `AbortError`. */
  dispose(): void {
    this.#worker.terminate();
    this.#waiting?.reject(new DOMException('The peer was ended.', 'AbortError'));
  }

  async #ask<T extends string>(request: PeerRequest, wanted: T): Promise<Answer<T>> {
    const answer = await new Promise<PeerAnswer>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(request);
    });
    if (wanted in answer) return answer as Answer<T>;
    throw new Error(`${this.#library.title}: ${'failure' in answer ? answer.failure : 'no answer'}`);
  }

  #take(answer: PeerAnswer): void {
    if ('progress' in answer) this.#onProgress(answer.progress);
    else this.#waiting?.resolve(answer);
  }
}
