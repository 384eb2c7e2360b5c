import { announce, run, SetupError } from './step.mjs';
import { aptInstall, readOsRelease, usesApt } from './system.mjs';

const NOTHING = ['-v', 'error', '-f', 'lavfi', '-i', 'color=size=2x2', '-frames:v', '1', '-fps_mode', 'passthrough'];

/** Whether there are an ffmpeg that takes what is asked of it, which is 5.1 or newer, and its ffprobe. */
export function hasFfmpeg() {
  return run(['ffmpeg', ...NOTHING, '-f', 'null', '-']).ok && run(['ffprobe', '-version']).ok;
}

/** Gets ffmpeg, where there is none and apt may be used; else says that the tests of videos are skipped. */
export function setUpFfmpeg() {
  if (hasFfmpeg()) return;
  try {
    if (process.platform !== 'linux' || !usesApt(readOsRelease()))
      throw new SetupError('ffmpeg', 'there is none of 5.1 or newer. Install it from https://ffmpeg.org.');
    aptInstall('ffmpeg', { packages: ['ffmpeg'] });
    if (!hasFfmpeg()) throw new SetupError('ffmpeg', 'it was installed, and is older than 5.1 or does not start.');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    announce(`the tests of videos will be skipped: ${error.message}`);
  }
}
