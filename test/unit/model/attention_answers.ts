import { Gpu } from '../../../src/gpu/gpu.js';
import { attention } from '../../../src/kernels/attention.js';
import { grid } from '../../../src/kernels/attention_grid.js';
import { windows } from '../../../src/kernels/attention_windows.js';
import { checkKernel } from '../../../src/tuning/known_answer.js';

/** Where queries look, but at all keys. */
export const WHERES = {
  windows: windows({ map: [6, 9], side: 3, shift: 0 }),
  grid: grid({ keys: [2, 2], classToken: true }),
};

/** Asks a kernel of attention its known answers, with those that windows or a grid bring along. */
export async function askAttention(device: GPUDevice, where: keyof typeof WHERES, kernel: string): Promise<boolean> {
  return checkKernel(
    Gpu.adopt(device),
    'f16',
    attention,
    kernel,
    [1, 2].map((heads) => ({ heads, where: WHERES[where] })),
  );
}
