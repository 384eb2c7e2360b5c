import { ImageError } from '../../errors.js';
import { runProgram } from './ffmpeg.js';

/** How the colours of a video are coded, as ffprobe names it; `unknown` or undefined where the file does not say. */
export interface ColorCoding {
  readonly color_transfer?: string;
  readonly color_primaries?: string;
  readonly color_space?: string;
}

/** Names of the transfers of HDR. */
const HDR: Readonly<Record<string, string>> = { smpte2084: 'PQ', 'arib-std-b67': 'HLG' };
/** What HDR is taken to be where the file does not say. */
const USUAL = { primaries: 'bt2020', matrix: 'bt2020nc' };
/** Brightness of white paper in HDR, in cd/m²: ITU-R BT.2408. */
const WHITE = 203;
const NEEDED = ['zscale', 'tonemap'];

/**
 * Filters of ffmpeg that turn HDR into the SDR that networks were trained on; none for SDR. Light up to 0.3 of white
 * paper is as it was, and what is brighter is pressed into the rest.
 * @param name of the video, in messages
 * @throws ImageError `VIDEO_READ` where this ffmpeg cannot; `VIDEO_TOOL`
 */
export async function toneFilters(name: string, coding: ColorCoding, signal?: AbortSignal): Promise<string[]> {
  const { color_transfer: transfer = '' } = coding;
  const hdr = HDR[transfer];
  if (hdr === undefined) return [];
  const { text } = await runProgram('ffmpeg', ['-v', 'level+error', '-filters'], signal);
  const lacking = NEEDED.filter((filter) => !new RegExp(`^ \\S+ +${filter} `, 'm').test(text));
  if (lacking.length > 0)
    throw new ImageError('VIDEO_READ', `${name}: is HDR (${hdr}), and this ffmpeg lacks ${lacking.join(' and ')}.`, {
      hint: 'Install a fuller build of ffmpeg, with libzimg, or make the video SDR.',
      source: name,
      expected: NEEDED,
      actual: transfer,
    });
  const primaries = told(coding.color_primaries) ?? USUAL.primaries;
  const matrix = told(coding.color_space) ?? USUAL.matrix;
  return [
    `setparams=color_trc=${transfer}:color_primaries=${primaries}:colorspace=${matrix}`,
    `zscale=t=linear:npl=${WHITE}`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=tonemap=mobius:param=0.3:desat=0',
    'zscale=t=bt709',
    'format=gbrp',
  ];
}

function told(value: string | undefined): string | undefined {
  return value === 'unknown' || value === 'reserved' ? undefined : value;
}
