import { checkOptions, optionFault } from '../arguments/check_options.js';
import type { PictureSource, StreamOptions, StreamSource } from '../index.js';
import { parts } from '../parts.js';
import type { MapFacts } from './host_calls.js';
import { newNumber, type Link } from './link.js';
import { movable, type SentPicture } from './send_picture.js';
import type { WorkerDepthMap } from './worker_map.js';

/** What `streamInWorker` sends the pictures of a stream to. */
export interface StreamTarget {
  readonly link: Link;
  readonly model: number;
  /** The map that an answer is about. */
  readonly mapOf: (answer: Promise<MapFacts>) => Promise<WorkerDepthMap>;
}

/**
 * The maps of what a page streams. Each picture is a call of its own, so that none is read before the map of the last
 * was taken. They are read here: a ReadableStream that is transferred clones its frames on the way, and leaves them
 * open.
 * @throws as `DepthModel.stream`
 */
export async function* streamInWorker(
  { link, model, mapOf }: StreamTarget,
  source: StreamSource,
  given: StreamOptions,
): AsyncGenerator<WorkerDepthMap, void, undefined> {
  const { closePicture, framesOf, STREAM_OPTIONS } = await parts.rare();
  checkOptions(given, STREAM_OPTIONS, 'image');
  // There, each picture that is sent is answered with its map.
  if (given.windows) throw optionFault('windows', 'windows', true, 'false in a worker', 'image');
  // `all` there: what is left out is left out here.
  const { signal, queue, steadyState: _state, ...options } = given;
  const stream = newNumber();
  // Not waited for: what fails here fails with the first picture.
  link.call('openStream', { model, stream, options }, { signal }).catch(() => undefined);
  const send = async (picture: PictureSource): Promise<WorkerDepthMap | undefined> => {
    let sent: SentPicture | undefined;
    try {
      sent = await movable(picture);
      if (!sent) return undefined;
      const argument = { model, stream, picture: sent.picture };
      return await mapOf(link.call('streamFrame', argument, { signal, transfer: sent.transfer }));
    } finally {
      // What moved is closed here already.
      for (const one of [picture, sent?.picture]) closePicture(one);
    }
  };
  try {
    for await (const { picture, timestamp } of framesOf(source, (work) => link.until(work, signal), queue)) {
      const depth = await send(picture);
      if (depth) yield Object.assign(depth, { timestamp });
    }
  } finally {
    link.call('endStream', { stream }).catch(() => undefined);
  }
}
