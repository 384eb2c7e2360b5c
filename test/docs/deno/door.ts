// `depthwise` as the example in Deno imports it: the published package, but that SERVED stands in for downloads.
import { readFile } from 'node:fs/promises';
import { loadDepthModel as load, type DepthModel, type EstimateOptions, type PictureSource } from 'depthwise';
import { INPUT_SIZE, SERVED } from '../served.js';

export * from 'depthwise';

export async function loadDepthModel(name: string): Promise<DepthModel> {
  const served = SERVED[name];
  if (!served) throw new Error(`nothing stands in for ${name}`);
  const weights = await readFile(new URL('../node_modules/depthwise/models/nano.safetensors', import.meta.url));
  const model = await load(served, { weights });
  const estimate = model.estimate.bind(model);
  const sized = (source: PictureSource, more?: EstimateOptions) => estimate(source, { inputSize: INPUT_SIZE, ...more });
  model.estimate = sized as typeof estimate;
  return model;
}
