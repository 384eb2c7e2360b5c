import { DepthFileError } from '../../errors.js';
import { fileArgument, startProgram, type Running } from './ffmpeg.js';
import { matroskaFrame, matroskaHeader } from './matroska.js';
import { reasonOf, type Rational } from './probe.js';

/** What a video is made of besides its frames. */
export interface PartOptions {
  readonly width: number;
  readonly height: number;
  /** Of the times of its frames, in seconds. */
  readonly timeBase: Rational;
  /** Frames a second on average. */
  readonly rate: number;
  /** From `encoderOptions`. */
  readonly encoder: readonly string[];
}

/** A part of a depth video that is being written: an MP4 file that ffmpeg encodes, whose first frame is at 0. */
export class PartWriter {
  readonly #path: string;
  readonly #running: Running;
  readonly #timeBase: Rational;
  #first: number | undefined;

  constructor(path: string, options: PartOptions) {
    this.#path = path;
    this.#timeBase = options.timeBase;
    this.#running = startProgram('ffmpeg', argumentsOf(path, options), { input: true });
    this.#running.input.write(matroskaHeader(options.width, options.height, Math.round(1e9 / options.rate)));
  }

  /**
   * Hands on one frame and waits until it is taken; its memory is free again then.
   * @param pts in units of the time base
   * @throws DepthFileError `VIDEO_WRITE`, ImageError `VIDEO_TOOL`
   */
  async write(data: Uint8Array, pts: number): Promise<void> {
    this.#first ??= pts;
    const { num, den } = this.#timeBase;
    const nanoseconds = Math.round(((pts - this.#first) * num * 1e9) / den);
    const { input } = this.#running;
    input.write(matroskaFrame(nanoseconds, data.length));
    const taken = await new Promise<boolean>((resolve) => input.write(data, (error) => resolve(!error)));
    if (!taken) await this.#fail(await this.#running.ended);
  }

  /** Ends the part; it is whole then. @throws as `write` */
  async end(): Promise<void> {
    this.#running.input.end();
    const code = await this.#running.ended;
    if (code !== 0) await this.#fail(code);
  }

  /** Leaves the part as it is. Safe to call at any time. */
  stop(): void {
    this.#running.child.kill('SIGKILL');
  }

  #fail(code: number | null): never {
    const { errors } = this.#running;
    const reason = errors.length > 0 ? reasonOf(errors, this.#path) : `ffmpeg ended with ${code}`;
    throw new DepthFileError('VIDEO_WRITE', `${this.#path}: cannot be written (${reason}).`, {
      source: this.#path,
      phase: 'write',
    });
  }
}

function argumentsOf(path: string, { width, height, timeBase: { num, den }, encoder }: PartOptions): string[] {
  return [
    ...['-hide_banner', '-nostats', '-v', 'level+error', '-y', '-f', 'matroska', '-i', 'pipe:0'],
    ...['-vf', filtersOf(width, height), '-fps_mode', 'passthrough', '-enc_time_base', `${num}/${den}`],
    ...encoder,
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
    ...['-video_track_timescale', String(den), '-f', 'mp4', fileArgument(path)],
  ];
}

/**
 * RGB → 8-bit 4:2:0 by the matrix that players take for HD. Halved colours need even sides: an odd one gets its last
 * row or column twice.
 */
function filtersOf(width: number, height: number): string {
  const [right, bottom] = [width % 2, height % 2];
  const even =
    right + bottom > 0
      ? `format=gbrp,pad=${width + right}:${height + bottom},fillborders=right=${right}:bottom=${bottom}:mode=smear,`
      : '';
  return `${even}scale=out_color_matrix=bt709:out_range=tv,format=yuv420p`;
}
