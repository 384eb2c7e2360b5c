import { isHeif } from 'depthwise/heif';
import workerAddress from './heif_worker.ts?worker&url';
import { trustedScript } from './trusted_script.js';

/** A HEIC picture in a form that every browser decodes. */
export interface ReadHeif {
  /** PNG, upright, in 8 bits. */
  readonly blob: Blob;
  /** In pixels, where the file says it. */
  readonly focalLength?: number;
}

/** What the worker answers. */
export type HeifAnswer = ReadHeif | { readonly error: string };

const script = trustedScript('heif-worker', workerAddress);

/**
 * Reads a HEIC picture in a worker, which takes seconds and is fetched for it; undefined for any other file.
 * @throws Error where it cannot be read; the signal's reason
 */
export async function readHeif(file: Blob, signal: AbortSignal): Promise<ReadHeif | undefined> {
  if (!(await isHeif(file))) return undefined;
  signal.throwIfAborted();
  // One for each picture: it gives its memory back, and can be ended.
  const worker = new Worker(script, { type: 'module' });
  try {
    const answer = await new Promise<HeifAnswer>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<HeifAnswer>) => resolve(data);
      worker.onerror = () => reject(new Error('What reads HEIC pictures could not be fetched, or has failed.'));
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      worker.postMessage(file);
    });
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  } finally {
    worker.terminate();
  }
}
