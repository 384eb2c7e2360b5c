import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.js';
import { viewOutputs } from '../../../src/cli/view_options.js';

describe('options of the picture in 3-D', () => {
  it('are read, each alone', () => {
    expect(parseArguments(['a.jpg', '--ply', '--exr'])).toMatchObject({ ply: true, exr: true });
    expect(parseArguments(['a.jpg'])).not.toHaveProperty('ply');
    expect(parseArguments(['a.jpg', '--stereo', 'half-sbs'])).toMatchObject({ stereo: 'half-sbs' });
    expect(parseArguments(['a.jpg', '--ply', '--without-sky'])).toMatchObject({ ply: true, withoutSky: true });
    expect(parseArguments(['a.jpg', '--view', '5'])).toMatchObject({ view: { yaw: 5, pitch: 0, zoom: 1 } });
    expect(parseArguments(['a.jpg', '--view=-5,2.5,1.2'])).toMatchObject({ view: { yaw: -5, pitch: 2.5, zoom: 1.2 } });
  });

  it.each([
    [['--stereo', 'crossed'], 'OPTION_VALUE'],
    [['--view', 'left'], 'OPTION_VALUE'],
    [['--view', '5,,1'], 'OPTION_VALUE'],
    [['--view', '61'], 'OPTION_VALUE'],
    [['--view', '5,0,0'], 'OPTION_VALUE'],
    [['--view', '1,2,3,4'], 'OPTION_VALUE'],
    [['--glb', '-o', '-'], 'OPTION_CONFLICT'],
    [['--without-sky'], 'OPTION_CONFLICT'],
    [['--without-sky', '--sky'], 'OPTION_CONFLICT'],
  ])('%j is refused as %s', (argv, code) => {
    expect(() => parseArguments(['a.jpg', ...argv])).toThrow(expect.objectContaining({ code }));
  });

  it('name the files that they make', () => {
    const all = { ply: true, glb: true, exr: true, normals: true, stereo: 'tb', view: { yaw: 1, pitch: 0, zoom: 1 } };
    expect(Object.values(viewOutputs('x/a-nano', all as Parameters<typeof viewOutputs>[1]))).toEqual([
      'x/a-nano.ply',
      'x/a-nano.glb',
      'x/a-nano.exr',
      'x/a-nano-normals.png',
      'x/a-nano-tb.jpg',
      'x/a-nano-view.png',
    ]);
    expect(viewOutputs('a', { stereo: 'anaglyph' })).toEqual({ stereo: 'a-anaglyph.png' });
    expect(viewOutputs('a', {})).toEqual({});
  });
});
