import type { DepthMap } from 'depthwise';
import type { KnownLens } from './assumptions.js';
import { Downloads } from './downloads.js';
import type { GalleryPicture } from './gallery_pictures.js';
import { Handles } from './handles.js';
import type { MapView } from './map_view.js';
import { noteTime } from './model_facts.js';
import { Probe } from './probe.js';
import type { Report } from './report.js';
import { Ruler } from './ruler.js';
import { ViewOptions } from './view_options.js';
import { FLAT, type ViewName } from './view_settings.js';
import type { Viewer } from './viewer.js';

export { keepForOffline } from './offline.js';
export { PHOTOGRAPHS, RENDERED } from './more_pictures.js';

/** What there is to work with. */
export interface OnShow {
  /** A map is shown. */
  readonly map: DepthMap | undefined;
  /** It is of a picture, and not of a frame of what moves. */
  readonly still: boolean;
  /** What is known of a picture that comes with the page. */
  readonly rendered: GalleryPicture | undefined;
  /** How much of its camera is known. */
  readonly lens: KnownLens | undefined;
  /** Of the model. */
  readonly title: string;
  /** How long the estimate took, in milliseconds. */
  readonly duration?: number;
}

/** Views where each pixel of the picture is where it was, or near it, so that the pointer can read its depth. */
const IN_PLACE: ReadonlySet<string> = new Set<ViewName>(['parallax', 'map', 'focus', 'normals', 'compare', 'peer']);

/** What is done with a picture that is seen: the controls of its view, the measure, the files. */
export class PictureTools {
  readonly #downloads: Downloads;
  readonly #ruler: Ruler;

  /** @param stem name of the picture, for names of files */
  constructor(viewer: Viewer, map: MapView, report: Report, stem: () => string) {
    const fail = (error: unknown) => report.fail(error);
    this.#downloads = new Downloads({ map, viewer, stem }, (text) => report.say(text), fail);
    this.#ruler = new Ruler(viewer, map, fail);
    new Handles(viewer.moving);
    map.probe = new Probe(
      () => map.read(),
      (input) => (input === 'keys' ? FLAT : IN_PLACE).has(viewer.view),
    );
    viewer.options = new ViewOptions(viewer.settings, () => viewer.refresh());
  }

  show({ map, still, rendered, lens, title, duration }: OnShow): void {
    if (map && duration !== undefined) noteTime(map.model, duration);
    this.#downloads.enable(map !== undefined, still);
    this.#ruler.take(still && map ? { map, rendered, lens, title } : undefined);
  }
}
