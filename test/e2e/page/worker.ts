// Runs in a worker of Chromium: loads the weights at a URL, says that it runs, and gives the map.
import { loadDepthModel } from 'depthwise';
import { seededInput } from '../../../truth/seeded_weights.js';

/** The weights, and the input of the network: f32[1,3,H,W] seeded by a name. */
export interface WorkerTask {
  readonly url: string;
  readonly name: string;
  readonly H: number;
  readonly W: number;
  /** Runs without an end. */
  readonly endless: boolean;
}

onmessage = async ({ data: { url, name, H, W, endless } }: MessageEvent<WorkerTask>) => {
  const model = await loadDepthModel(url);
  const run = () => model.run(seededInput(name, H, W), [1, 3, H, W]);
  let depth = run();
  postMessage('runs');
  while (endless) {
    await depth;
    depth = run();
  }
  postMessage(Array.from(await depth));
  model.dispose();
};
