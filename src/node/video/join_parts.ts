import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { DepthFileError } from '../../errors.js';
import { soundOptions, type Container } from './encoders.js';
import { fileArgument, runProgram } from './ffmpeg.js';
import { reasonOf, type Clip, type Rational } from './probe.js';

/** A part of a video, and when its first frame is shown, in units of the video's time base. */
export interface Part {
  readonly path: string;
  readonly pts: number;
}

/** What becomes of the parts. */
export interface Joined {
  /** The file that is written, and what it is called when it is whole, as errors have it. */
  readonly path: string;
  readonly output: string;
  readonly container: Container;
  readonly timeBase: Rational;
  /** What the sound is taken from. */
  readonly clip: Clip;
  /** Written into the file, of the depth. */
  readonly comment: string;
  /** A file for the list of parts, in their folder. */
  readonly list: string;
  readonly signal?: AbortSignal;
}

/**
 * Puts the parts of a video one behind the other, each at its time, with the sound of the clip. Nothing but sound that
 * the container does not take is encoded again.
 * @throws DepthFileError `VIDEO_WRITE`; AbortError
 */
export async function joinParts(parts: readonly [Part, ...Part[]], joined: Joined): Promise<void> {
  const { path, output, container, timeBase, clip, comment, list, signal } = joined;
  const seconds = (pts: number) => ((pts * timeBase.num) / timeBase.den).toFixed(9);
  const lines = parts.map((part, i) => {
    const next = parts[i + 1];
    return `file ${basename(part.path)}\n${next ? `duration ${seconds(next.pts - part.pts)}\n` : ''}`;
  });
  await writeFile(list, `ffconcat version 1.0\n${lines.join('')}`);
  const args = [
    ...['-hide_banner', '-nostdin', '-nostats', '-v', 'level+error', '-y'],
    ...['-itsoffset', seconds(parts[0].pts), '-f', 'concat', '-i', fileArgument(list)],
    ...['-i', fileArgument(clip.path), '-map', '0:v', '-map', '1:a?', '-c:v', 'copy'],
    ...soundOptions(container, clip.audio),
    ...['-map_metadata', '-1', '-metadata', `comment=${comment}`],
    ...(container === 'mp4' ? ['-video_track_timescale', String(timeBase.den), '-movflags', '+faststart'] : []),
    ...['-f', container === 'mkv' ? 'matroska' : container, fileArgument(path)],
  ];
  const { code, errors } = await runProgram('ffmpeg', args, signal);
  if (code === 0) return;
  throw new DepthFileError('VIDEO_WRITE', `${output}: cannot be written (${reasonOf(errors, path)}).`, {
    source: output,
    phase: 'write',
  });
}
