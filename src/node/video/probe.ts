import { ImageError } from '../../errors.js';
import { fileArgument, runProgram } from './ffmpeg.js';
import { toneFilters, type ColorCoding } from './tone.js';

/** A fraction. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/** What is known of a video before its frames are read. */
export interface Clip {
  readonly path: string;
  /** What it is called in messages. */
  readonly name: string;
  /** Number of its stream in the file. */
  readonly stream: number;
  /** How many frames it has, as the file says or as its length and rate make likely; 0 where neither is known. */
  readonly frames: number;
  /** In seconds; 0 where it is not known. */
  readonly duration: number;
  /** Frames a second on average, as the file says; 25 where it does not. */
  readonly rate: number;
  /** Codecs of its streams of sound. */
  readonly audio: readonly string[];
  /** Filters of ffmpeg that make its frames SDR. */
  readonly tone: readonly string[];
}

interface Probed {
  readonly streams?: readonly (ColorCoding & {
    readonly index: number;
    readonly codec_type?: string;
    readonly codec_name?: string;
    readonly avg_frame_rate?: string;
    readonly nb_frames?: string;
    readonly duration?: string;
    readonly disposition?: { readonly attached_pic?: number };
  })[];
  readonly format?: { readonly duration?: string };
}

const USUAL_RATE = 25;
const ENTRIES = [
  'stream=index,codec_type,codec_name,avg_frame_rate,nb_frames,duration,color_transfer,color_primaries,color_space',
  'stream_disposition=attached_pic',
  'format=duration',
].join(':');

/**
 * Looks at a video through ffprobe. The first stream that is not a cover picture counts.
 * @param name what it is called in messages
 * @throws ImageError `VIDEO_TOOL`, `VIDEO_READ`
 */
export async function probeClip(path: string, signal?: AbortSignal, name = path): Promise<Clip> {
  const args = ['-v', 'level+error', '-show_entries', ENTRIES, '-of', 'json', fileArgument(path)];
  const { code, text, errors } = await runProgram('ffprobe', args, signal);
  if (code !== 0) throw unreadable(name, `cannot be read (${reasonOf(errors, path)})`);
  const { streams = [], format } = JSON.parse(text) as Probed;
  const video = streams.find((each) => each.codec_type === 'video' && !each.disposition?.attached_pic);
  if (!video) throw unreadable(name, 'has no video in it');
  const duration = numberOf(video.duration) || numberOf(format?.duration);
  const [num = 0, den = 0] = (video.avg_frame_rate ?? '').split('/').map(Number);
  const rate = num > 0 && den > 0 ? num / den : USUAL_RATE;
  const audio = streams.filter((each) => each.codec_type === 'audio').map((each) => each.codec_name ?? '');
  return {
    path,
    name,
    stream: video.index,
    frames: numberOf(video.nb_frames) || Math.round(duration * rate),
    duration,
    rate,
    audio,
    tone: await toneFilters(name, video, signal),
  };
}

/** An error about a video that cannot be read. */
export function unreadable(path: string, what: string): ImageError {
  return new ImageError('VIDEO_READ', `${path}: ${what}.`, { source: path });
}

/** What ffmpeg said, without the name of the file, which messages begin with. */
export function reasonOf(errors: readonly string[], path: string): string {
  const [last = 'ffmpeg does not say why'] = errors.slice(-1);
  return (errors.length > 1 ? `${errors[0]}; ${last}` : last).replaceAll(`${fileArgument(path)}: `, '');
}

function numberOf(text: string | undefined): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : 0;
}
