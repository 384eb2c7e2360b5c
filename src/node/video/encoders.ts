import { DepthFileError } from '../../errors.js';
import { runProgram } from './ffmpeg.js';

/** How depth videos are compressed. */
export const CODECS = ['h264', 'vp9', 'av1'] as const;
export type Codec = (typeof CODECS)[number];

/** Containers by the ending of their files. */
export const CONTAINERS = ['mp4', 'webm', 'mkv'] as const;
export type Container = (typeof CONTAINERS)[number];

/** An encoder of ffmpeg, and what it is told: constant quality, and no frame that is stored before an earlier one. */
interface Encoder {
  readonly name: string;
  readonly options: readonly string[];
}

/** Encoders of each codec, the best first. */
const ENCODERS: Readonly<Record<Codec, readonly Encoder[]>> = {
  h264: [
    { name: 'libx264', options: ['-preset', 'medium', '-crf', '18', '-bf', '0'] },
    { name: 'h264_videotoolbox', options: ['-q:v', '65', '-bf', '0'] },
    { name: 'libopenh264', options: ['-b:v', '8M'] },
  ],
  vp9: [{ name: 'libvpx-vp9', options: ['-crf', '24', '-b:v', '0', '-cpu-used', '4', '-row-mt', '1'] }],
  av1: [
    { name: 'libsvtav1', options: ['-crf', '28', '-preset', '8'] },
    { name: 'libaom-av1', options: ['-crf', '24', '-b:v', '0', '-cpu-used', '6', '-row-mt', '1'] },
  ],
};

/** Codecs of sound that a container takes as they are, and the encoder for all others; Matroska takes any. */
const SOUND: Readonly<Record<Container, { readonly kept?: readonly string[]; readonly encoder: string }>> = {
  mp4: { kept: ['aac', 'mp3', 'ac3', 'eac3', 'opus', 'flac', 'alac'], encoder: 'aac' },
  webm: { kept: ['opus', 'vorbis'], encoder: 'libopus' },
  mkv: { encoder: 'copy' },
};

/** The container that a codec's videos are in where none is named. */
export function containerOf(codec: Codec): Container {
  return codec === 'vp9' ? 'webm' : 'mp4';
}

/** Whether a container takes a codec. */
export function holds(container: Container, codec: Codec): boolean {
  return container !== 'webm' || codec !== 'h264';
}

/** Options of ffmpeg for the sound of a video: as it is where the container takes it. */
export function soundOptions(container: Container, codecs: readonly string[]): string[] {
  const { kept, encoder } = SOUND[container];
  return codecs.flatMap((codec, i) => [`-c:a:${i}`, !kept || kept.includes(codec) ? 'copy' : encoder]);
}

/**
 * Options of ffmpeg for the first encoder of a codec that this ffmpeg has.
 * @throws DepthFileError `VIDEO_ENCODER`; ImageError `VIDEO_TOOL`
 */
export async function encoderOptions(codec: Codec): Promise<string[]> {
  const { text } = await runProgram('ffmpeg', ['-v', 'level+error', '-encoders']);
  const there = new Set(Array.from(text.matchAll(/^ V[.A-Z]{5} (\S+)/gm), ([, name]) => name));
  const known = ENCODERS[codec];
  const found = known.find(({ name }) => there.has(name));
  if (found) return ['-c:v', found.name, ...found.options];
  const names = known.map(({ name }) => name);
  throw new DepthFileError('VIDEO_ENCODER', `This ffmpeg writes no ${codec}: it lacks ${names.join(' and ')}.`, {
    hint: `Take another --codec (${CODECS.join(', ')}), or a fuller build of ffmpeg.`,
    expected: names,
    actual: codec,
    phase: 'write',
  });
}
