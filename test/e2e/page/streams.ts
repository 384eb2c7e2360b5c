// Runs in a browser: what streams do with each source that a page has.
import type { DepthMap, StreamOptions, StreamSource } from 'depthwise';

const [WIDTH, HEIGHT] = [64, 48];
const SIZE = { inputSize: 32 } as const;

/** A model in the page or in a worker. */
interface Streaming {
  stream(
    source: StreamSource,
    options: StreamOptions,
  ): AsyncGenerator<Pick<DepthMap, 'timestamp' | 'width' | 'height' | 'dispose'>>;
}

/** What was seen of a map. */
export interface Seen {
  readonly timestamp: number | undefined;
  readonly width: number;
  readonly height: number;
}

/** What came of each map of a stream; `each` is told how many there are, and ends it with true. */
async function seenOf(
  model: Streaming,
  source: StreamSource,
  each: (count: number) => boolean | Promise<boolean> = () => false,
  options: StreamOptions = {},
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const { timestamp, width, height, ...map } of maps(model.stream(source, { ...SIZE, ...options }))) {
    seen.push({ timestamp, width, height });
    map.dispose();
    if (await each(seen.length)) break;
  }
  return seen;
}

async function* maps(stream: ReturnType<Streaming['stream']>) {
  for await (const map of stream) {
    const { timestamp, width, height } = map;
    yield { timestamp, width, height, dispose: () => map.dispose() };
  }
}

function drawnCanvas(width = WIDTH): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height: HEIGHT });
  draw(canvas, 0);
  return canvas;
}

function draw(canvas: HTMLCanvasElement, shade: number): void {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  for (let y = 0; y < HEIGHT; y += 8) {
    context.fillStyle = `rgb(${(shade + 5 * y) % 256} ${y} ${255 - 4 * y})`;
    context.fillRect(0, y, canvas.width, 8);
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A second of video as a file. */
async function recorded(): Promise<Blob> {
  const canvas = drawnCanvas();
  const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: 'video/webm;codecs=vp8' });
  const chunks: Blob[] = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const over = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  for (let i = 0; i < 25; i++) {
    draw(canvas, 10 * i);
    await pause(40);
  }
  recorder.stop();
  await over;
  return new Blob(chunks);
}

async function loaded(src: string): Promise<HTMLVideoElement> {
  const video = Object.assign(document.createElement('video'), { muted: true, src });
  await new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }));
  return video;
}

/**
 * A file in a video element that stands still, is sought in, plays to its end; and where it stood then. And what comes
 * of one whose source is taken away, and of one that is no video.
 */
export async function streamFile(model: Streaming) {
  const url = URL.createObjectURL(await recorded());
  const video = await loaded(url);
  const seen = await seenOf(model, video, async (count) => {
    if (count === 1) video.currentTime = 0.5;
    if (count === 2) await video.play();
    return false;
  });
  const other = await loaded(url);
  const ended = await seenOf(model, other, () => (other.removeAttribute('src'), other.load(), false));
  const broken = document.createElement('video');
  broken.src = URL.createObjectURL(new Blob(['no video']));
  const code = await seenOf(model, broken).catch((error: { code: string }) => error.code);
  return { seen, end: 1e6 * video.currentTime, ended: ended.length, code };
}

/** The camera's track, which is stopped after three maps; with `plain`, in a browser that has no frames of tracks. */
export async function streamTrack(model: Streaming, plain: boolean) {
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 160, height: 120 } });
  const [track] = media.getVideoTracks() as [MediaStreamTrack];
  const page = window as { MediaStreamTrackProcessor?: unknown };
  const { MediaStreamTrackProcessor: processor } = page;
  if (plain) delete page.MediaStreamTrackProcessor;
  try {
    const live = await seenOf(model, track, (count) => count === 3);
    const stayed = track.readyState;
    const stopped = await seenOf(model, track, (count) => (count === 2 && track.stop(), false));
    return { live, stayed, stopped: stopped.length, over: (await seenOf(model, track)).length };
  } finally {
    page.MediaStreamTrackProcessor = processor;
  }
}

/** A canvas that was drawn on a while ago, is again after each map, and takes another size after the second. */
export async function streamCanvas(model: Streaming) {
  const canvas = drawnCanvas();
  await pause(50);
  const tracks: MediaStreamTrack[] = [];
  const capture = canvas.captureStream.bind(canvas);
  canvas.captureStream = (...of) => {
    const media = capture(...of);
    tracks.push(...media.getTracks());
    return media;
  };
  let last = 0;
  const seen = await seenOf(model, canvas, (count) => {
    if (count === 2) canvas.width = 2 * WIDTH;
    draw(canvas, (last += 40));
    return canvas.width > WIDTH && count > 4;
  });
  return { seen, tracks: tracks.map(({ readyState }) => readyState) };
}

/** As `ReadableStream.from`, which few browsers have. */
function readable<T>(frames: AsyncIterator<T>): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      pull: async (controller) => {
        const { done, value } = await frames.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

/** VideoFrames in a ReadableStream and in an async iterable: the times of their maps, and which are still open. */
export async function streamFrames(model: Streaming) {
  const canvas = drawnCanvas();
  const times = [0, 20_000, 50_000];
  const made: VideoFrame[] = [];
  async function* frames() {
    for (const timestamp of times) {
      const frame = new VideoFrame(canvas, { timestamp });
      made.push(frame);
      yield frame;
    }
  }
  const stop = new AbortController();
  const seen = {
    stream: await seenOf(model, readable(frames())),
    iterable: await seenOf(model, frames(), () => false, { steady: true }),
    left: await seenOf(model, frames(), () => true, { signal: stop.signal }),
  };
  return { seen, open: made.filter(({ format }) => format !== null).length, made: made.length };
}

/** VideoFrames of a scene that changes, 40 ms apart. */
export async function* movingFrames(count: number): AsyncGenerator<VideoFrame, void, undefined> {
  const canvas = drawnCanvas();
  for (let i = 0; i < count; i++) {
    draw(canvas, 7 * i);
    yield new VideoFrame(canvas, { timestamp: 40_000 * i });
  }
}
