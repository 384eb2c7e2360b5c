import { convertWeights } from '../node/convert.js';
import type { ConvertCommand } from './arguments.js';
import type { Session } from './session.js';

/** Writes a file of weights as safetensors and says where. */
export async function convertFile({ input, output, f16 }: ConvertCommand, session: Session): Promise<number> {
  const { tensors, bytes } = await convertWeights(input, output, {
    f16,
    signal: session.signal,
    onProgress: ({ loaded, total }) => session.showProgress('converting weights', loaded, total ?? 0),
    onWarning: ({ message }) => session.warn(message),
  }).finally(() => session.progress.clear());
  session.print(`${output}: ${tensors} tensors, ${(bytes / 1e6).toFixed(1)} MB`);
  return 0;
}
