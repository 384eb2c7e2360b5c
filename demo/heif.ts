import { isHeif } from 'depthwise/heif';
import workerAddress from './heif_worker.ts?worker&url';
import { trustedScript } from './trusted_script.js';

/** What the worker answers: the picture as PNG, or why there is none. */
export type HeifAnswer = Blob | { readonly error: string };

const script = trustedScript('heif-worker', workerAddress);

/**
 * A HEIC picture as PNG, upright, in 8 bits; undefined for any other file. A worker makes it, which takes seconds and
 * is fetched for it.
 * @throws Error where it cannot be read; the signal's reason
 */
export async function readHeif(file: Blob, signal: AbortSignal): Promise<Blob | undefined> {
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
    if (answer instanceof Blob) return answer;
    throw new Error(answer.error);
  } finally {
    worker.terminate();
  }
}

/** Why a file that nothing reads is not shown. */
export function undecodable({ type }: Blob, name: string): string {
  return type.startsWith('image/')
    ? `${name} cannot be decoded as a picture by this browser.`
    : `${name} is neither a picture that this browser can decode nor weights (safetensors, or a PyTorch file).`;
}
