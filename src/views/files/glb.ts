import type * as Core from '@gltf-transform/core';
import type * as Extensions from '@gltf-transform/extensions';
import { DepthFileError, UsageError } from '../../errors.js';
import type { GeometryData } from '../geometry.js';

/** Wrap mode of glTF and OpenGL. */
const CLAMP_TO_EDGE = 33071;

/** A picture as a file, JPEG or PNG, upright. */
export interface TextureFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: 'image/jpeg' | 'image/png';
}

/**
 * The mesh of a scene as a GLB file, with the picture as its texture, which no light changes (KHR_materials_unlit).
 * Needs the packages `@gltf-transform/core` and `@gltf-transform/extensions`, which are fetched when it is called.
 * @example
 * ```ts
 * import { createGeometry, createScene, encodeGlb } from 'depthwise/views';
 *
 * const geometry = await createGeometry(await createScene(depth, image));
 * const glb = await encodeGlb(await geometry.read(), { bytes: await file.bytes(), type: 'image/jpeg' });
 * ```
 * @throws UsageError `EXPORT_LIBRARY` without the packages; DepthFileError `EXPORT_EMPTY` where there is no triangle
 */
export async function encodeGlb(
  { positions, uvs, indices }: Pick<GeometryData, 'positions' | 'uvs' | 'indices'>,
  texture: TextureFile,
): Promise<Uint8Array<ArrayBuffer>> {
  if (indices.length === 0)
    throw new DepthFileError('EXPORT_EMPTY', 'The mesh has no triangle: every one is cut or left out.', {
      phase: 'write',
    });
  const { core, extensions } = await loadLibraries();
  const document = new core.Document();
  const buffer = document.createBuffer();
  const accessor = (type: 'VEC3' | 'VEC2' | 'SCALAR', array: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) =>
    document.createAccessor().setType(type).setArray(array).setBuffer(buffer);
  const image = document.createTexture('picture').setImage(texture.bytes).setMimeType(texture.type);
  const unlit = document.createExtension(extensions.KHRMaterialsUnlit).createUnlit();
  const material = document
    .createMaterial('picture')
    .setBaseColorTexture(image)
    .setRoughnessFactor(1)
    .setMetallicFactor(0)
    .setDoubleSided(true)
    .setExtension('KHR_materials_unlit', unlit);
  material.getBaseColorTextureInfo()!.setWrapS(CLAMP_TO_EDGE).setWrapT(CLAMP_TO_EDGE);
  const primitive = document
    .createPrimitive()
    .setAttribute('POSITION', accessor('VEC3', positions))
    .setAttribute('TEXCOORD_0', accessor('VEC2', uvs))
    .setIndices(accessor('SCALAR', indices))
    .setMaterial(material);
  const node = document.createNode('depth').setMesh(document.createMesh('depth').addPrimitive(primitive));
  document.createScene().addChild(node);
  const io = new core.WebIO().registerExtensions([extensions.KHRMaterialsUnlit]);
  return (await io.writeBinary(document)) as Uint8Array<ArrayBuffer>;
}

async function loadLibraries(): Promise<{ core: typeof Core; extensions: typeof Extensions }> {
  try {
    const [core, extensions] = await Promise.all([
      import('@gltf-transform/core'),
      import('@gltf-transform/extensions'),
    ]);
    return { core, extensions };
  } catch (cause) {
    throw new UsageError('EXPORT_LIBRARY', 'GLB needs @gltf-transform/core and extensions, which cannot be loaded.', {
      hint: 'Install them with: npm install @gltf-transform/core @gltf-transform/extensions.',
      phase: 'write',
      cause,
    });
  }
}
