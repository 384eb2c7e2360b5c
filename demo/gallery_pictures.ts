/** A picture that comes with the page. */
export interface OwnPicture {
  readonly title: string;
  readonly picture: string;
  readonly thumb: string;
  /** Whom it is by, and on what terms it is shown, where it is not ours. */
  readonly credit?: readonly (string | Node)[];
}

/** One that is rendered, so that its true depth is known. */
export interface GalleryPicture extends OwnPicture {
  /** 12 bits of inverse depth in red and green, as tools/nano/gallery.py writes them. */
  readonly truth: string;
  /** Distance of the nearest pixel, in metres. */
  readonly nearest: number;
  /** From side to side, in degrees. */
  readonly angle: number;
}

/**
 * What the page opens with: a scene that nano was not trained on, rendered by tools/nano. The others are in
 * demo/more_pictures.ts.
 */
export const SAMPLE: GalleryPicture = {
  title: 'Street',
  picture: './sample.jpg',
  thumb: './gallery/street_small.jpg',
  truth: './gallery/street_truth.png',
  nearest: 5.2687,
  angle: 59.23,
};
