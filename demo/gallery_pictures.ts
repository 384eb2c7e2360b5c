/** A picture that comes with the page: rendered, so that its true depth is known. */
export interface GalleryPicture {
  readonly title: string;
  readonly picture: string;
  readonly thumb: string;
  /** 12 bits of inverse depth in red and green, as tools/nano/gallery.py writes them. */
  readonly truth: string;
  /** Distance of the nearest pixel, in metres. */
  readonly nearest: number;
  /** From side to side, in degrees. */
  readonly angle: number;
}

const rendered = (name: string, title: string, nearest: number, angle: number, picture = `./gallery/${name}.jpg`) => ({
  title,
  picture,
  thumb: `./gallery/${name}_small.jpg`,
  truth: `./gallery/${name}_truth.png`,
  nearest,
  angle,
});

/** Scenes that nano was not trained on; the first is what the page opens with. Rendered by tools/nano/gallery.py. */
export const GALLERY: readonly GalleryPicture[] = [
  rendered('street', 'Street', 5.2687, 59.23, './sample.jpg'),
  rendered('room', 'Room', 2.47, 49.54),
  rendered('landscape', 'Landscape', 6.9927, 64.81),
  rendered('subject', 'Portrait', 0.56533, 57.22),
  rendered('corridor', 'Corridor', 1.8313, 60.01),
];
