import { DepthwiseError, loadDepthModel, type DepthModel, type LoadOptions } from 'depthwise';

/** A model as chosen on the page. */
export interface ModelRequest {
  readonly name: string;
  /** Instead of the published weights. */
  readonly weights: File | string | undefined;
  readonly acceptLicense: boolean;
}

type Progress = Pick<LoadOptions, 'signal' | 'onProgress'>;

/** The model at hand, kept until another one is asked for. */
export class Session {
  #request: ModelRequest | undefined;
  #model: DepthModel | undefined;

  /** Whether a request can be served without loading. */
  holds({ name, weights }: ModelRequest): boolean {
    return this.#model !== undefined && this.#request?.name === name && this.#request.weights === weights;
  }

  /** @throws every error of `loadDepthModel` */
  async open(request: ModelRequest, progress: Progress): Promise<DepthModel> {
    if (this.#model && this.holds(request)) return this.#model;
    this.#model?.dispose();
    this.#model = undefined;
    const model = await load(request, progress);
    this.#model = model;
    this.#request = { ...request, name: model.info.name };
    return model;
  }
}

/** A file says itself which model it is, where it can; the name chosen on the page settles the rest. */
async function load({ name, weights, acceptLicense }: ModelRequest, progress: Progress): Promise<DepthModel> {
  if (weights === undefined) return loadDepthModel(name, { ...progress, acceptLicense });
  const named = () => loadDepthModel(weights, { ...progress, acceptLicense, model: name });
  if (typeof weights === 'string') return named();
  try {
    return await loadDepthModel(weights, { ...progress, acceptLicense });
  } catch (error) {
    if (error instanceof DepthwiseError && error.code === 'MODEL_AMBIGUOUS') return named();
    throw error;
  }
}
