import { describe, expect, it } from 'vitest';
import { parseArguments, type EstimateCommand } from '../../../src/cli/arguments.js';
import { estimatePictures } from '../../../src/cli/estimate.js';
import { planJobs } from '../../../src/cli/jobs.js';
import { Session } from '../../../src/cli/session.js';
import { confidencePicture, skyPicture } from '../../../src/cli/side_pictures.js';

describe('pictures beside the depth', () => {
  it('are refused of models that do not give them, before anything is fetched', async () => {
    for (const option of ['--sky', '--without-sky']) {
      const argv = ['--model', 'depth-anything-v2-small', option, '--ply', 'test/fixtures/nano/street.png'];
      const session = new Session(true, new AbortController().signal);
      await expect(estimatePictures(parseArguments(argv) as EstimateCommand, session)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'OPTION_CONFLICT',
        message: expect.stringContaining(`gives no sky, which ${option} needs`) as string,
        expected: ['depth-anything-3-mono-large', 'depth-anything-3-metric-large'],
      });
    }
  });

  it('are white where there is sky, from 0.5 on', () => {
    expect([...skyPicture(Float32Array.of(0, 0.49, 0.5, 3), 2, 2).data]).toEqual([0, 0, 255, 255]);
  });

  it('are white where the depth is sure, in equal steps', () => {
    expect([...confidencePicture(Float32Array.of(0, 0.2, 0.6, 1), 4, 1).data]).toEqual([0, 51, 153, 255]);
  });

  it('are asked for, and named after the drawing', async () => {
    const command = parseArguments(['--sky', '--confidence', '--focal-length', '812.5', 'a.jpg']);
    expect(command).toMatchObject({ sky: true, confidence: true, focalLength: 812.5 });
    expect(() => parseArguments(['--focal-length', '0', 'a.jpg'])).toThrow('--focal-length');
    const options = { model: 'm', png16: false, pfm: false, npy: false, sky: true, confidence: true };
    const { jobs } = await planJobs(['test/fixtures/nano/street.png'], options);
    expect(jobs[0]?.outputs).toEqual({
      picture: 'test/fixtures/nano/street-m.png',
      confidence: 'test/fixtures/nano/street-m-confidence.png',
      sky: 'test/fixtures/nano/street-m-sky.png',
    });
    const floats = await planJobs(['test/fixtures/nano/street.png'], {
      ...options,
      ...{ sky: false, png16: true, pfm: true, npy: true, exr: true },
    });
    expect(floats.jobs[0]?.outputs).toMatchObject({
      confidencePng16: 'test/fixtures/nano/street-m-confidence-16bit.png',
      confidenceExr: 'test/fixtures/nano/street-m-confidence.exr',
      confidencePfm: 'test/fixtures/nano/street-m-confidence.pfm',
      confidenceNpy: 'test/fixtures/nano/street-m-confidence.npy',
    });
  });
});
