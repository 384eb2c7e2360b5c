import { DepthwiseError, depthModels, loadDepthModel } from 'depthwise';
import type { ByteSource, DepthModel, LoadOptions } from 'depthwise';
import { PACKAGED_WEIGHTS } from './packaged_weights.js';

/** Weights of a visitor's own: a file, several with an index, or an address. */
export type ChosenWeights = File | ByteSource | string;

/** A model as chosen on the page. */
export interface ModelRequest {
  readonly name: string;
  /** Instead of the published weights. */
  readonly weights: ChosenWeights | undefined;
  readonly acceptLicense: boolean;
}

type Progress = Pick<LoadOptions, 'signal' | 'onProgress'>;

interface Loading {
  request: ModelRequest;
  readonly model: Promise<DepthModel>;
  readonly controller: AbortController;
  done: boolean;
}

/** The model at hand or on its way, kept until another one is asked for. */
export class Session {
  #current: Loading | undefined;

  /** Whether a request can be served without loading. */
  holds(request: ModelRequest): boolean {
    return this.#current !== undefined && this.#current.done && isSame(this.#current.request, request);
  }

  /**
   * The model of a request. A load under way goes on when the same model is asked for again.
   * @throws every error of `loadDepthModel`
   */
  open(request: ModelRequest, onProgress: LoadOptions['onProgress']): Promise<DepthModel> {
    if (this.#current && isSame(this.#current.request, request)) return this.#current.model;
    this.#drop();
    const controller = new AbortController();
    const model = load(request, { signal: controller.signal, ...(onProgress ? { onProgress } : {}) });
    const loading: Loading = { request, model, controller, done: false };
    this.#current = loading;
    model.then(
      ({ info }) => {
        loading.done = true;
        loading.request = { ...request, name: info.name };
      },
      () => this.#current === loading && (this.#current = undefined),
    );
    return model;
  }

  /** Stops a load under way; a loaded model stays. */
  cancel(): void {
    if (this.#current && !this.#current.done) this.#drop();
  }

  #drop(): void {
    const old = this.#current;
    this.#current = undefined;
    old?.controller.abort();
    old?.model.then(
      (model) => model.dispose(),
      () => undefined,
    );
  }
}

function isSame(a: ModelRequest, b: ModelRequest): boolean {
  return a.name === b.name && a.weights === b.weights;
}

/** Weights say themselves which model they are, where they can; the name chosen on the page settles the rest. */
async function load({ name, weights, acceptLicense }: ModelRequest, progress: Progress): Promise<DepthModel> {
  if (weights === undefined) return loadByName(name, { ...progress, acceptLicense });
  try {
    return await loadDepthModel(weights, { ...progress, acceptLicense });
  } catch (error) {
    const possible = error instanceof DepthwiseError && error.code === 'MODEL_AMBIGUOUS' ? error.expected : undefined;
    if (Array.isArray(possible) && possible.includes(name))
      return loadDepthModel(weights, { ...progress, acceptLicense, model: name });
    throw error;
  }
}

/** Weights that came with the page may change with it, and are left to the browser's own cache. */
async function loadByName(name: string, options: LoadOptions): Promise<DepthModel> {
  const url = PACKAGED_WEIGHTS[depthModels.find((model) => model.name === name)?.source ?? ''];
  if (url === undefined) return loadDepthModel(name, options);
  const { signal = null } = options;
  const response = await fetch(url, { signal });
  if (!response.ok)
    throw new Error(`The weights of ${name} could not be fetched: the server answered ${response.status}.`);
  // As bytes, so that what downloads take of the library is not part of the first visit.
  return loadDepthModel(name, { ...options, weights: await response.arrayBuffer(), cache: false });
}
