import type { DepthFileFormat } from 'depthwise';
import type { MapView } from './map_view.js';
import { saveBlob } from './save_blob.js';
import type { SceneFormat } from './scene_files.js';
import type { Viewer } from './viewer.js';
import { FLAT } from './view_settings.js';

/** Ends of the names of files of maps. */
export const ENDINGS: Readonly<Record<DepthFileFormat, string>> = {
  png: '.png',
  png16: '-16bit.png',
  pfm: '.pfm',
  npy: '.npy',
};

/** What the buttons save. */
export interface Saved {
  readonly map: MapView;
  readonly viewer: Viewer;
  /** Name of the picture, for the file's name. */
  readonly stem: () => string;
}

/** Saves a file of the map on show, or of what is made of it. @returns its name; undefined where there is no map */
export async function saveFile(
  { map, viewer, stem }: Saved,
  wanted: DepthFileFormat | SceneFormat,
): Promise<string | undefined> {
  const format = wanted === 'view' && FLAT.has(viewer.view) ? 'png' : wanted;
  const { current } = map;
  if (!current) return undefined;
  const start = `${stem()}-${current.map.model}`;
  const { blob, ending } = isMapFormat(format)
    ? { blob: await current.map.toBlob(format, current.look), ending: ENDINGS[format] }
    : await (await import('./scene_files.js')).sceneFile(format, viewer);
  saveBlob(blob, start + ending);
  return start + ending;
}

function isMapFormat(format: DepthFileFormat | SceneFormat): format is DepthFileFormat {
  return format in ENDINGS;
}
