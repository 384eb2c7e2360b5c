import { DepthFileError } from '../../errors.js';
import { protocols } from '../../eval/protocols.js';
import type { FileTree } from '../../node/archive/archive_bytes.js';
import { findFile, folderOf, layoutFault, openPicture, sourceOf, type Layout, type Sample } from './sample.js';
import { sceneOf, type RawTruth } from './truth_scene.js';

/** The first four bytes of a .dpt file, `PIEH`, as f32. Sintel's depth_read. */
const TAG = 202021.25;
const HEAD = 12;
/** Renderings of a scene, the one with blur and fog first. */
const PASSES = ['final', 'clean'];

/** `depth/SCENE/frame_0001.dpt` with `final/SCENE/frame_0001.png` (or `clean`), in folders and archives. */
export const sintel: Layout = async (tree, trees, { protocol: chosen }) => {
  // Names that begin with a dot are what macOS leaves beside files.
  const depths = [...tree.names].filter((name) => /(?:^|\/)depth\/[^/]+\/[^/.][^/]*\.dpt$/.test(name)).sort();
  if (depths.length === 0) return [];
  const { name, rules: protocol } = chosen ?? { name: 'midas-sintel', rules: protocols['midas-sintel'] };
  const samples = depths.map((depth): Sample => {
    const [, scene, frame] = /([^/]+)\/([^/]+)\.dpt$/.exec(depth) as unknown as [string, string, string];
    const root = folderOf(folderOf(folderOf(depth).slice(0, -1)).slice(0, -1));
    return {
      picture: `${scene}/${frame}`,
      clip: scene,
      folder: name,
      open: async () => {
        const source = sourceOf(tree, depth);
        const found = PASSES.flatMap((pass) => {
          const near = `${root}${pass}/${scene}/${frame}.png`;
          const place = tree.names.has(near)
            ? { tree, prefix: root }
            : findFile(trees, `${pass}/${scene}/${frame}.png`);
          return place ? [{ ...place, pass }] : [];
        })[0];
        if (!found)
          throw layoutFault(source, `its picture final/${scene}/${frame}.png is in no folder or archive here`);
        const picture = await openPicture(found.tree, `${found.prefix}${found.pass}/${scene}/${frame}.png`);
        return sceneOf(picture, decodeDpt(await tree.read(depth), source), protocol, source);
      },
    };
  });
  const listed = new Set(depths);
  for (const scene of new Set(depths.map(folderOf))) requireWhole(tree, listed, scene);
  return [{ name, protocol, samples }];
};

/** Every picture of a scene with depths has one. @throws DepthFileError EVAL_PAIR for the first without */
function requireWhole(tree: FileTree, depths: ReadonlySet<string>, scene: string): void {
  for (const pass of PASSES) {
    const pictures = scene.replace(/depth\/([^/]+\/)$/, `${pass}/$1`);
    for (const name of tree.names) {
      if (folderOf(name) !== pictures || !/\/[^/.][^/]*\.png$/.test(name)) continue;
      const wanted = `${scene}${name.slice(pictures.length, -'png'.length)}dpt`;
      if (!depths.has(wanted))
        throw new DepthFileError('EVAL_PAIR', `${sourceOf(tree, name)}: its depth ${wanted} is missing.`, {
          source: sourceOf(tree, name),
          expected: wanted,
          phase: 'read',
        });
    }
  }
}

/** f32 tag, i32 width and height, f32[height,width], all little-endian. @throws DepthFileError EVAL_LAYOUT */
function decodeDpt(bytes: Uint8Array<ArrayBuffer>, source: string): RawTruth {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tag = bytes.length < HEAD ? NaN : view.getFloat32(0, true);
  if (tag !== TAG) throw layoutFault(source, `begins with ${tag} and not with ${TAG}`, { expected: TAG, actual: tag });
  const [width, height] = [view.getInt32(4, true), view.getInt32(8, true)];
  const expected = HEAD + 4 * width * height;
  if (!(width > 0 && height > 0) || bytes.length !== expected)
    throw layoutFault(source, `is ${bytes.length} bytes, and ${width}x${height} takes ${expected}`, {
      expected,
      actual: bytes.length,
    });
  return {
    width,
    height,
    data: Float64Array.from({ length: width * height }, (_, i) => view.getFloat32(HEAD + 4 * i, true)),
  };
}
