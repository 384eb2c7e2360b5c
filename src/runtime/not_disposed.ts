import type { Warning } from '../warnings.js';

/** Said of a model that was collected as garbage and not disposed of. */
export function notDisposed(name: string): Warning {
  const message = `A model ${name} was left without dispose(): its memory on the GPU may stay until the end.`;
  return { code: 'NOT_DISPOSED', message };
}
