import { NetworkError } from './errors.js';

/**
 * A part of the library that a page fetches when it is first used.
 * @throws NetworkError `NET_PART` where it cannot be fetched
 */
export async function part<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new NetworkError('NET_PART', `A part of Depthwise could not be fetched: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
