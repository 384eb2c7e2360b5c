import { describe, expect, it } from 'vitest';
import { requireForClips } from '../../../src/cli/video/clip_options.js';
import { RangeDrawing } from '../../../src/cli/video/draw_values.js';
import { colormaps } from '../../../src/depth/colormaps.js';
import { soundOptions } from '../../../src/node/video/encoders.js';
import { refuseOld, startProgram, type Program } from '../../../src/node/video/ffmpeg.js';

describe('drawing in one range', () => {
  const look = { colormap: 'viridis', grayscale: false, invert: false, side: false, span: 'full' } as const;
  const range = { min: 0, max: 10, low: 2, high: 4 };
  /** Levels of a drawing, by the colours of its map; -1 where it is black and transparent. */
  const levels = (values: number[], nearer: 'larger' | 'smaller', options: object = {}) => {
    const drawing = new RangeDrawing({ nearer } as never, range, { ...look, ...options });
    const { data } = drawing.draw(Float32Array.from(values), { width: values.length, height: 1 });
    const table = colormaps.viridis;
    const colours = Array.from({ length: 256 }, (_, i) => `${table.slice(3 * i, 3 * i + 3).join()},255`);
    return values.map((_, i) => colours.indexOf(data.slice(4 * i, 4 * i + 4).join()));
  };

  it('gives levels as the shader does: cut off, values outside the end colours, none to what is not finite', () => {
    expect(levels([0, 5, 9.99, 10, -1, 11, NaN, Infinity], 'larger')).toEqual([0, 127, 254, 255, 0, 255, -1, -1]);
    expect(levels([0, 10], 'smaller')).toEqual([255, 0]);
    expect(levels([0, 10], 'larger', { invert: true })).toEqual([255, 0]);
    expect(levels([2, 3, 4], 'larger', { span: 'percentiles' })).toEqual([0, 127, 255]);
  });
});

describe('sound', () => {
  it('stays as it is where the container takes it', () => {
    const of = (container: 'mp4' | 'webm' | 'mkv') => soundOptions(container, ['aac', 'opus', 'pcm_s16le']);
    expect(of('mp4')).toEqual(['-c:a:0', 'copy', '-c:a:1', 'copy', '-c:a:2', 'aac']);
    expect(of('webm')).toEqual(['-c:a:0', 'libopus', '-c:a:1', 'copy', '-c:a:2', 'libopus']);
    expect(of('mkv')).toEqual(['-c:a:0', 'copy', '-c:a:1', 'copy', '-c:a:2', 'copy']);
  });
});

describe('what makes no sense for a video', () => {
  it('is refused, naming what does', () => {
    expect(() => requireForClips({ png16: true })).toThrow(/--png16 makes a file of a picture.*--frames png16/);
    expect(() => requireForClips({ view: {} })).toThrow(expect.objectContaining({ code: 'OPTION_CONFLICT' }) as Error);
    expect(() => requireForClips({ withoutSky: true })).toThrow(/--without-sky is for pictures/);
    expect(() => requireForClips({ png16: false })).not.toThrow();
  });
});

describe('an ffmpeg that is too old', () => {
  it('is told by the option that it does not know', () => {
    expect(() => refuseOld(["Unrecognized option 'fps_mode'."])).toThrow(
      /^Videos need ffmpeg 5\.1 or newer.* is older/,
    );
    expect(() => refuseOld(['Invalid data found'])).not.toThrow();
  });
});

describe('a program that is not there', () => {
  it('is named in one line, with how to install it', async () => {
    const { ended } = startProgram('no-such-program' as Program, []);
    await expect(ended).rejects.toMatchObject({
      code: 'VIDEO_TOOL',
      message: expect.stringMatching(
        /^Videos need ffmpeg 5\.1 or newer, and no-such-program.*ENOENT.*Install it: .*ffmpeg\.$/,
      ),
    });
  });
});
