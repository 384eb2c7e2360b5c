import { ImageError } from '../errors.js';
import { closePicture, every, newest, readerOf, type Frame } from './frames.js';
import { Newest, type Waiting } from './newest.js';
import type { Queueing } from './run_queue.js';

/** Where Chromium, and Safari in workers, give the frames of a track; TypeScript does not know it. */
declare const MediaStreamTrackProcessor:
  | (new (options: { readonly track: MediaStreamTrack }) => { readonly readable: ReadableStream<VideoFrame> })
  | undefined;

/** `HTMLMediaElement.HAVE_CURRENT_DATA`. */
const HAS_FRAME = 2;

type Frames<T> = AsyncGenerator<Frame<T>, void, undefined>;

/**
 * The frames of a video: the newest each time one is asked for. A paused one waits, but shows the frame that it stands
 * at first. It ends with the video or its camera, the last frame included, or when its source is taken away.
 * @throws ImageError `IMAGE_DECODE` where the video breaks off
 */
export async function* videoFrames(video: HTMLVideoElement, waiting: Waiting): Frames<HTMLVideoElement> {
  const shown = new Newest<number>();
  let handle = 0;
  // A frame that was shown while it sought: a paused video may show no other.
  let missed = false;
  const note = (_now?: number, facts?: VideoFrameCallbackMetadata): void => {
    handle = video.requestVideoFrameCallback(note);
    missed = false;
    if (facts) shown.put(facts.mediaTime);
  };
  let media: EventTarget | null = null;
  // Chromium ends no video whose tracks a page stops.
  const stopped = (): void => {
    if ((video.srcObject as MediaStream | null)?.active === false) shown.end();
  };
  const watch = (of: EventTarget | null): void => {
    media?.removeEventListener('inactive', stopped);
    media = of;
    media?.addEventListener('inactive', stopped);
  };
  const found = (): void => {
    if (missed) shown.put(video.currentTime);
    missed = false;
  };
  const events = {
    seeked: found,
    loadeddata: found,
    ended: () => shown.end(),
    // Another source goes on; one that is taken away leaves none.
    emptied: () => {
      watch(video.srcObject as MediaStream | null);
      if (!video.srcObject && !video.src && !video.querySelector('source')) shown.end();
    },
    error: () => shown.end({ fault: brokenOff(video) }),
  };
  note();
  watch(video.srcObject as MediaStream | null);
  for (const [name, listener] of Object.entries(events)) video.addEventListener(name, listener);
  if (video.error) events.error();
  else if (video.ended) events.ended();
  else if (video.paused) shown.put(video.currentTime);
  try {
    for await (const seconds of shown.all(waiting))
      if (video.readyState >= HAS_FRAME) yield { picture: video, timestamp: Math.round(1e6 * seconds) };
      else missed = true;
  } finally {
    video.cancelVideoFrameCallback(handle);
    watch(null);
    for (const [name, listener] of Object.entries(events)) video.removeEventListener(name, listener);
  }
}

/** The frames of a track, until it ends: the newest each time, unless all of them are asked for. */
export async function* trackFrames(
  track: MediaStreamTrack,
  waiting: Waiting,
  queue: Queueing = 'latest',
): Frames<VideoFrame | HTMLVideoElement> {
  if (track.kind !== 'video')
    throw new ImageError('IMAGE_SOURCE', `A stream cannot be of a track of ${track.kind}.`, {
      hint: 'Pass stream.getVideoTracks()[0].',
    });
  if (track.readyState === 'ended') return;
  if (typeof MediaStreamTrackProcessor === 'undefined') return yield* playedFrames(track, waiting);
  const reader = readerOf(new MediaStreamTrackProcessor({ track }).readable);
  yield* (queue === 'latest' ? newest : every)(reader, waiting);
}

/** The same through a video that nobody sees, where the browser has no other way. */
async function* playedFrames(track: MediaStreamTrack, waiting: Waiting): Frames<HTMLVideoElement> {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
  try {
    await waiting(video.play());
    yield* videoFrames(video, waiting);
  } finally {
    video.srcObject = null;
  }
}

/** The pictures that a canvas shows: one at first, and one whenever it was drawn on. It has no end. */
export async function* canvasFrames(
  canvas: HTMLCanvasElement,
  waiting: Waiting,
  queue: Queueing | undefined,
): Frames<VideoFrame | HTMLVideoElement | HTMLCanvasElement> {
  const [track] = captured(canvas).getVideoTracks() as [MediaStreamTrack];
  const drawn = trackFrames(track, waiting, queue);
  // Read from here on, so that what is drawn meanwhile is not missed.
  let next: ReturnType<typeof drawn.next> | undefined = drawn.next();
  next.catch(() => undefined);
  try {
    // Chromium's track starts with what was drawn in this task, or else with what will be.
    yield { picture: canvas, timestamp: 0 };
    for (let frame = await next; !frame.done; frame = await drawn.next()) {
      next = undefined;
      yield frame.value;
    }
  } finally {
    track.stop();
    next?.then(
      ({ value }) => closePicture(value?.picture),
      () => undefined,
    );
    drawn.return().catch(() => undefined);
  }
}

function captured(canvas: HTMLCanvasElement): MediaStream {
  try {
    return canvas.captureStream();
  } catch (cause) {
    const { name, message } = cause as Error;
    throw name === 'SecurityError'
      ? new ImageError('IMAGE_TAINTED', 'The canvas holds pixels of another origin, which a page may not read.', {
          hint: 'Draw pictures that were loaded with crossOrigin = "anonymous" from a server that allows it (CORS).',
          cause,
        })
      : new ImageError('IMAGE_NOT_READY', `The canvas cannot be read: ${message.replace(/\.$/, '')}.`, {
          hint: 'Ask for a context of it, and draw on it, first.',
          cause,
        });
  }
}

function brokenOff({ error, currentTime, currentSrc }: HTMLVideoElement): ImageError {
  const why = error?.message || `code ${error?.code ?? 'unknown'}`;
  return new ImageError('IMAGE_DECODE', `The video broke off at ${currentTime.toFixed(3)} s: ${why}.`, {
    source: currentSrc,
    hint: 'The file is cut short, or the browser does not play it.',
  });
}
