// `depthwise` as the examples of a page import it: the published package, but that SERVED stands in for downloads.
import {
  loadDepthModel as load,
  type DepthModel,
  type EstimateOptions,
  type LoadOptions,
  type PictureSource,
} from 'depthwise';
import { INPUT_SIZE, SERVED } from '../served.js';

export * from 'depthwise';

export async function loadDepthModel(name: string, options: LoadOptions = {}): Promise<DepthModel> {
  const served = SERVED[name];
  const weights = new URL('/nano.safetensors', location.href);
  const model = await (served ? load(served, { weights, ...options }) : load(name, options));
  const estimate = model.estimate.bind(model);
  const encode = model.encode.bind(model);
  const sized = (source: PictureSource, more?: EstimateOptions) => estimate(source, { inputSize: INPUT_SIZE, ...more });
  model.estimate = sized as typeof estimate;
  model.encode = (encoder, targets) => encode(encoder, { inputSize: INPUT_SIZE, ...targets });
  return model;
}
