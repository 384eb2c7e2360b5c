import { fileArgument, refuseOld, startProgram } from './ffmpeg.js';
import { reasonOf, unreadable, type Clip, type Rational } from './probe.js';

/** A frame of a video: upright RGBA pixels, top row first, and when it is shown. */
export interface ClipFrame {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  /** In units of `timeBase`, from the start of the file; every frame's is larger than the last one's. */
  readonly pts: number;
  /** In seconds. */
  readonly timeBase: Rational;
}

/** Which frames are read. */
export interface ReadOptions {
  /** An expression of ffmpeg's filter `select`; every frame without it. */
  readonly select?: string;
  /** Frames that stand alone, which are read fast; all others are left out. */
  readonly keyFrames?: boolean;
  readonly signal?: AbortSignal;
}

/** What ffmpeg's filter `showinfo` says of a frame, before the frame itself comes. */
interface Shown {
  readonly pts: number;
  readonly width: number;
  readonly height: number;
}

const SHOWN = /\bn: *\d+ pts: *(\S+) .*\bs:(\d+)x(\d+)\b/;
const TIME_BASE = /\bconfig in time_base: (\d+)\/(\d+)/;

/** The frames of a video in the order they are shown in, each decoded when it is asked for but for a few ahead. */
export class FrameReader {
  readonly #clip: Clip;
  readonly #options: ReadOptions;
  #fault: string | undefined;

  constructor(clip: Clip, options: ReadOptions = {}) {
    this.#clip = clip;
    this.#options = options;
  }

  /** Why the video ended early or has damaged frames, once all of it was read; undefined for a sound one. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** @throws ImageError `VIDEO_READ` where no frame can be read at all, `VIDEO_TOOL`; AbortError */
  async *frames(): AsyncGenerator<ClipFrame, void, undefined> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const log = new ShownLog();
    const running = startProgram('ffmpeg', this.#arguments(), { output: true, onLine: (line) => log.take(line) });
    const { child, output, errors, ended } = running;
    const stop = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    // Nothing more is said once it is gone.
    ended.then(
      () => log.end(),
      () => log.end(),
    );
    try {
      yield* assemble(output as AsyncIterable<Uint8Array>, log);
      const code = await ended;
      signal?.throwIfAborted();
      refuseOld(errors);
      if (errors.length > 0 || code !== 0) this.#fault = reasonOf(errors, this.#clip.path);
      if (code !== 0 && log.count === 0) throw unreadable(this.#clip.name, `cannot be decoded (${this.#fault})`);
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
  }

  #arguments(): string[] {
    const { select, keyFrames } = this.#options;
    const { path, stream, tone } = this.#clip;
    // Rotation flags are applied before any filter of ours.
    const filters = [
      ...(select === undefined ? [] : [`select=${select.replaceAll(',', '\\,')}`]),
      ...tone,
      'showinfo=checksum=0',
    ];
    return [
      ...['-hide_banner', '-nostdin', '-nostats', '-v', 'repeat+level+info'],
      ...(keyFrames ? ['-skip_frame', 'nokey'] : []),
      ...['-i', fileArgument(path), '-map', `0:${stream}`, '-vf', filters.join(','), '-fps_mode', 'passthrough'],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgba', 'pipe:1'],
    ];
  }
}

/** What showinfo says of frames, in their order, for whoever reads them. */
class ShownLog {
  /** Frames told of. */
  count = 0;
  timeBase: Rational = { num: 1, den: 1000 };
  readonly #waiting: Shown[] = [];
  #over = false;
  #wake = (): void => {};

  take(line: string): void {
    const [, num, den] = TIME_BASE.exec(line) ?? [];
    if (den !== undefined) this.timeBase = { num: Number(num), den: Number(den) };
    const [, pts, width, height] = SHOWN.exec(line) ?? [];
    if (height === undefined) return;
    this.count++;
    this.#waiting.push({ pts: Number(pts), width: Number(width), height: Number(height) });
    this.#wake();
  }

  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** What is said of the next frame; undefined where there is none. */
  async next(): Promise<Shown | undefined> {
    while (this.#waiting.length === 0 && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#waiting.shift();
  }
}

/** Puts frames together from the bytes of a pipe. All are as large as the first: ffmpeg scales others to it. */
async function* assemble(chunks: AsyncIterable<Uint8Array>, log: ShownLog): AsyncGenerator<ClipFrame, void, undefined> {
  let size: Pick<Shown, 'width' | 'height'> | undefined;
  let told: Shown | undefined;
  let data = new Uint8Array(0);
  let filled = 0;
  let last = -Infinity;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length;) {
      if (!told) {
        told = await log.next();
        if (!told) return;
        size ??= told;
        data = new Uint8Array(4 * size.width * size.height);
        filled = 0;
      }
      const part = chunk.subarray(from, from + data.length - filled);
      data.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < data.length) continue;
      // A file may tell no time, or one twice; an encoder takes each once.
      last = told.pts > last ? told.pts : Math.max(0, last + 1);
      told = undefined;
      const { width, height } = size as Shown;
      yield { data, width, height, pts: last, timeBase: log.timeBase };
    }
  }
}
