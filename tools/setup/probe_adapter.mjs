// Prints the default WebGPU adapter's info as one line of JSON, or null. A process of its own, because a faulty driver
// can take the whole process down, and because Dawn keeps its driver open once asked.
import { create } from 'webgpu';

const adapter = await create([]).requestAdapter();
const info = adapter && {
  vendor: adapter.info.vendor,
  architecture: adapter.info.architecture,
  device: adapter.info.device,
  description: adapter.info.description,
};
process.stdout.write(`${JSON.stringify(info)}\n`, () => process.exit(0));
