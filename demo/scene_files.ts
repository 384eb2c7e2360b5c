import {
  createGeometry,
  encodeExr,
  encodeGlb,
  encodePicture,
  encodePly,
  readNormals,
  type DepthScene,
  type TextureFile,
} from 'depthwise/views';
import { framesOf } from './scene_frames.js';
import { sceneOf } from './scene_stage.js';
import type { ViewSettings } from './view_settings.js';
import type { Viewer } from './viewer.js';

/** Files that are made of a map and its picture. */
export type SceneFormat = 'exr' | 'ply' | 'glb' | 'normals' | 'stereo' | 'view';

interface MadeFile {
  readonly blob: Blob;
  /** Of the file's name. */
  readonly ending: string;
}

/** Longest side of a texture: what every viewer takes. */
const MOST_TEXTURE = 4096;
const QUALITY = 0.92;

/** A file at the whole size of the map, whatever the size on the screen. */
export async function sceneFile(format: SceneFormat, { settings, stage, gaze }: Viewer): Promise<MadeFile> {
  const { subject } = stage;
  if (!subject?.picture) throw new Error('There is no depth map of a picture yet.');
  const { map, picture } = subject;
  const solid = format === 'ply' || format === 'glb' || (format === 'view' && settings.view === 'mesh');
  const scene = await sceneOf(map, picture, settings, solid && settings.sky === 'out');
  try {
    if (format === 'stereo' || format === 'view') return await pictureFile(format, scene, settings, gaze);
    return { blob: await blobOf(format, scene, picture), ending: ENDINGS[format] };
  } finally {
    scene.dispose();
  }
}

const ENDINGS = { exr: '.exr', ply: '.ply', glb: '.glb', normals: '-normals.png' } as const;

async function blobOf(format: keyof typeof ENDINGS, scene: DepthScene, picture: HTMLImageElement): Promise<Blob> {
  if (format === 'exr') return new Blob([encodeExr(await scene.readDepth(), scene, { text: { unit: scene.unit } })]);
  if (format === 'normals') return new Blob([await encodePicture(await readNormals(scene))], { type: 'image/png' });
  const geometry = await createGeometry(scene);
  try {
    const data = await geometry.read();
    if (format === 'ply') return new Blob([encodePly(data)]);
    return new Blob([await encodeGlb(data, await textureOf(picture))], { type: 'model/gltf-binary' });
  } finally {
    geometry.dispose();
  }
}

/** What is seen in the view on show, or a stereo pair: JPEG, but for pairs that are told by their colours. */
async function pictureFile(
  format: 'stereo' | 'view',
  scene: DepthScene,
  settings: ViewSettings,
  gaze: Viewer['gaze'],
): Promise<MadeFile> {
  const { layout } = settings;
  const shown = format === 'stereo' ? { ...settings, view: 'stereo' as const } : settings;
  const frames = await framesOf(scene, shown, {});
  try {
    const moment = { settings: shown, gaze };
    await frames.prepare?.(moment);
    const pixels = await frames.read(moment);
    if (format === 'view' || layout.startsWith('anaglyph')) {
      const ending = format === 'view' ? '-view.png' : `-${layout}.png`;
      return { blob: new Blob([await encodePicture(pixels)], { type: 'image/png' }), ending };
    }
    const { width, height, data } = pixels;
    const image = new ImageData(new Uint8ClampedArray(data.buffer), width, height);
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    return { blob: await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY }), ending: `-${layout}.jpg` };
  } finally {
    frames.dispose?.();
  }
}

/** The picture as it is shown: upright, and of a size that viewers take. */
async function textureOf(picture: HTMLImageElement): Promise<TextureFile> {
  const { naturalWidth, naturalHeight } = picture;
  const scale = Math.min(1, MOST_TEXTURE / Math.max(naturalWidth, naturalHeight));
  const canvas = new OffscreenCanvas(Math.round(naturalWidth * scale), Math.round(naturalHeight * scale));
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
  return { bytes: new Uint8Array(await blob.arrayBuffer()), type: 'image/jpeg' };
}
