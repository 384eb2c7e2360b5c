import { expect, it } from 'vitest';
import { guessedLens } from '../../../src/cli/write_views.js';

it('says of a lens what nobody knows: not of one that is given, or that the picture has', () => {
  const said = (source: 'given' | 'exif' | 'model' | 'assumed', fieldOfView: number) =>
    guessedLens({ source, fieldOfView, focalLength: 100 });
  expect(said('given', 60)).toBeUndefined();
  expect(said('exif', 60)).toBeUndefined();
  expect(said('model', 62.4321)).toBe(
    'its field of view is not known and 62.4° as the model estimates it; --focal-length says otherwise.',
  );
  expect(said('assumed', 60)).toBe(
    'its field of view is not known and taken to be 60°; --focal-length says otherwise.',
  );
});
