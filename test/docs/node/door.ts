// `depthwise/node` as the examples import it: the published package, but that SERVED stands in for downloads, and
// seeded weights for those of a metric model.
import {
  loadDepthModel as load,
  type DepthModel,
  type EstimateOptions,
  type NodeLoadOptions,
  type PictureSource,
} from 'depthwise/node';
import { INPUT_SIZE, SERVED } from '../served.js';

export * from 'depthwise/node';

export async function loadDepthModel(name: string, options: NodeLoadOptions = {}): Promise<DepthModel> {
  const served = SERVED[name];
  const seeded = name.includes('metric') ? { weights: 'seeded.safetensors' } : {};
  const model = await load(served ?? name, { ...seeded, ...options });
  const estimate = model.estimate.bind(model);
  const sized = (source: PictureSource, more?: EstimateOptions) => estimate(source, { inputSize: INPUT_SIZE, ...more });
  model.estimate = sized as typeof estimate;
  return model;
}
