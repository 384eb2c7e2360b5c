import type { FileRequests } from './http_request.js';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Goes on where a body broke off, but never splices two versions of a file.
 * @param received bytes of it so far
 * @param isSame whether an answer is of the same file
 * @returns the rest of the body; undefined where the server gives no such thing
 */
export async function resume(
  requests: FileRequests,
  received: number,
  isSame: (response: Response) => boolean,
): Promise<Reader | undefined> {
  const part = await requests.get({ range: `bytes=${received}-` });
  const refuse = async (response: Response): Promise<undefined> => void (await response.body?.cancel());
  if (!isSame(part)) return refuse(part);
  if (part.status === 206 && part.headers.get('content-range')?.startsWith(`bytes ${received}-`))
    return requests.bodyOf(part);
  if (part.status === 200) return restOf(part, requests, received);
  await part.body?.cancel();
  const whole = await requests.get({});
  return whole.status === 200 && isSame(whole) ? restOf(whole, requests, received) : refuse(whole);
}

/** Reads a whole file again up to where the first body broke off. */
async function restOf(whole: Response, requests: FileRequests, received: number): Promise<Reader | undefined> {
  const reader = requests.bodyOf(whole);
  for (let at = 0; at < received;) {
    const { done, value } = await requests.orStall(reader.read(), received);
    if (done) return undefined;
    at += value.length;
    if (at > received) return prepend(value.subarray(value.length - (at - received)), reader);
  }
  return reader;
}

function prepend(
  first: Uint8Array,
  rest: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStreamDefaultReader<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { done, value } = await rest.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => rest.cancel(reason),
  }).getReader();
}
