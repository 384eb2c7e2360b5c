import type { DepthMap } from '../depth/depth_map.js';
import { encodeJpeg } from '../node/decoder.js';
import type { Picture } from '../node/image_file.js';
import type { ProtectedFiles } from '../node/protected_files.js';
import {
  createGeometry,
  createScene,
  createStereo,
  createView,
  encodeExr,
  encodeGlb,
  encodePicture,
  encodePly,
  readNormals,
  type DepthScene,
  type Lens,
} from '../views/index.js';
import { VIEW_NAMES, type ViewFormats, type ViewOutputs } from './view_options.js';
import { write } from './write_outputs.js';

/** What the views of one picture are made of. */
export interface ViewSource {
  readonly depth: DepthMap;
  readonly picture: Picture;
  /** In pixels of the picture, in place of its EXIF data. */
  readonly focalLength?: number;
}

/**
 * Writes the files of one picture in 3-D.
 * @returns the lens they were made with; undefined where none was asked for
 * @throws UsageError EXPORT_LIBRARY; DepthFileError EXPORT_EMPTY, OUTPUT_WRITE; ImageError IMAGE_DECODER without sharp
 */
export async function writeViews(
  outputs: ViewOutputs,
  formats: ViewFormats,
  { depth, picture, focalLength }: ViewSource,
  reads: ProtectedFiles,
): Promise<Lens | undefined> {
  if (VIEW_NAMES.every((name) => outputs[name] === undefined)) return undefined;
  const put = (path: string, content: Uint8Array) => write(path, content, reads);
  const scene = await createScene(depth, picture, { focalLength, withoutSky: formats.withoutSky ?? false });
  try {
    if (outputs.exr !== undefined) {
      const [near, far] = [scene.near, scene.far].map((end) => String(end)) as [string, string];
      const text = scene.unit === 'metre' ? { unit: 'metre' } : { unit: 'none', near, far };
      await put(outputs.exr, encodeExr(await scene.readDepth(), scene, { text }));
    }
    if (outputs.normals !== undefined)
      await put(outputs.normals, await encodePicture(await readNormals(scene), markOf('normals')));
    if (outputs.stereo !== undefined && formats.stereo) {
      using pair = await createStereo(scene, { layout: formats.stereo });
      const drawn = await pair.read();
      const jpeg = outputs.stereo.endsWith('.jpg');
      await put(outputs.stereo, await (jpeg ? encodeJpeg(drawn) : encodePicture(drawn, markOf(formats.stereo))));
    }
    if (outputs.view !== undefined && formats.view) {
      using view = await createView(scene);
      await put(outputs.view, await encodePicture(await view.read(formats.view), markOf('view')));
    }
    // Last: a mesh may have no triangle, which is an error that costs no other file.
    if (outputs.ply !== undefined || outputs.glb !== undefined) await writeGeometry(outputs, scene, picture, put);
    return scene.lens;
  } finally {
    scene.dispose();
  }
}

/** What is to be said of a lens that neither the caller nor the picture knows. */
export function guessedLens({ source, fieldOfView }: Lens): string | undefined {
  if (source === 'given' || source === 'exif') return undefined;
  const degrees = `${Number(fieldOfView.toFixed(1))}°`;
  const taken = source === 'model' ? `${degrees} as the model estimates it` : `taken to be ${degrees}`;
  return `its field of view is not known and ${taken}; --focal-length says otherwise.`;
}

/** What tells a picture of ours from a photograph. */
function markOf(shows: string): { depthwise: string } {
  return { depthwise: JSON.stringify({ shows }) };
}

async function writeGeometry(
  { ply, glb }: ViewOutputs,
  scene: DepthScene,
  picture: Picture,
  put: (path: string, content: Uint8Array) => Promise<void>,
): Promise<void> {
  using geometry = await createGeometry(scene);
  const data = await geometry.read();
  if (ply !== undefined) await put(ply, encodePly(data));
  if (glb !== undefined) {
    const bytes = await encodeJpeg(picture);
    await put(glb, await encodeGlb(data, { bytes, type: 'image/jpeg' }));
  }
}
