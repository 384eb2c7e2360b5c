import { decodeNpy } from '../../depth/formats/npy.js';
import { protocols, type ProtocolName } from '../../eval/protocols.js';
import { DepthFileError } from '../../errors.js';
import type { FileTree } from '../../node/archive/archive_bytes.js';
import type { Picture } from '../../node/image_file.js';
import {
  findFile,
  layoutFault,
  openPicture,
  readCodes,
  readLines,
  sourceOf,
  type Benchmark,
  type Layout,
  type Sample,
} from './sample.js';
import { sceneOf, type RawTruth } from './truth_scene.js';

type Reader = (tree: FileTree, names: readonly string[], picture: Picture) => Promise<RawTruth>;

/** A split list of the Marigold pack: lines of a picture, its depth, and what else belongs to it. */
interface SplitList {
  readonly list: RegExp;
  /** What its first line is like, where other lists have the same name. */
  readonly line?: RegExp;
  readonly protocol: ProtocolName;
  readonly read: Reader;
}

const LISTS: readonly SplitList[] = [
  {
    list: /(?:^|\/)filename_list_test\.txt$/,
    line: /rgb_\d+\.png\s+\S*depth_\d+\.png/,
    protocol: 'marigold-nyu',
    read: codes(1000),
  },
  { list: /(?:^|\/)eigen_test_files_with_gt\.txt$/, protocol: 'marigold-kitti', read: codes(256) },
  { list: /(?:^|\/)eth3d_filename_list\.txt$/, protocol: 'marigold-eth3d', read: rawFloats },
  { list: /(?:^|\/)diode_val_(?:all|indoor|outdoor)_filename_list\.txt$/, protocol: 'marigold-diode', read: maskedNpy },
  { list: /(?:^|\/)scannet_val_sampled_list_800_1\.txt$/, protocol: 'marigold-scannet', read: codes(1000) },
];

/** Split lists in a folder, with their pictures beside them or in tar archives. */
export const marigold: Layout = async (tree, trees, { protocol: chosen }) => {
  const found = [...tree.names].flatMap((name) => {
    const split = LISTS.find(({ list }) => list.test(name));
    return split && !isPart(tree, name) ? [{ name, split }] : [];
  });
  const benchmarks = await Promise.all(
    found.map(async ({ name, split }): Promise<Benchmark[]> => {
      const protocol = chosen?.rules ?? protocols[split.protocol];
      const text = await readLines(tree, name);
      if (split.line && !split.line.test(text[0] ?? '')) return [];
      const lines = text.map((line) => line.trim().split(/\s+/));
      // KITTI's list says None for pictures without truth; its third column is a focal length, NYU's a filled map.
      const bare = lines.find(([, depth]) => depth === undefined);
      if (bare) throw layoutFault(sourceOf(tree, name), `lists ${bare[0]} without its depth`);
      const listed = lines.filter(([, depth]) => depth !== 'None');
      const first = listed[0]?.[0];
      const place = first === undefined ? undefined : findFile(trees, first);
      if (!place) throw layoutFault(sourceOf(tree, name), `its first picture ${first} is in no folder or archive here`);
      const samples = listed.map(([picture, ...rest]): Sample => ({
        picture: picture as string,
        folder: chosen?.name ?? split.protocol,
        open: async () => {
          const names = rest.map((each) => place.prefix + each);
          const image = await openPicture(place.tree, place.prefix + picture);
          const raw = await split.read(place.tree, names, image);
          return sceneOf(image, raw, protocol, sourceOf(place.tree, names[0] as string));
        },
      }));
      return [{ name: chosen?.name ?? split.protocol, protocol, samples }];
    }),
  );
  return benchmarks.flat();
};

/** Whether a list of DIODE is a part of another one beside it, whose pictures would count twice. */
function isPart({ names }: FileTree, name: string): boolean {
  const whole = name.replace(/diode_val_(?:indoor|outdoor)_/, 'diode_val_all_');
  return whole !== name && names.has(whole);
}

/** Depth in a 16-bit PNG; codes are depth times `factor`. */
function codes(factor: number): Reader {
  return async (tree, [name]) => {
    const { width, height, codes: stored } = await readCodes(tree, name as string);
    return { width, height, data: Float64Array.from(stored, (code) => code / factor) };
  };
}

/** Depth as f32 alone, infinite where it is not known; its size is the picture's. */
async function rawFloats(tree: FileTree, [name]: readonly string[], { width, height }: Picture): Promise<RawTruth> {
  const bytes = await tree.read(name as string);
  if (bytes.length !== 4 * width * height) {
    const source = sourceOf(tree, name as string);
    const what = `is ${bytes.length} bytes, and f32 of its picture ${width}x${height} are ${4 * width * height}`;
    throw new DepthFileError('EVAL_SIZE', `${source}: ${what}.`, {
      source,
      expected: 4 * width * height,
      actual: bytes.length,
      phase: 'read',
    });
  }
  const data = Float64Array.from(new Float32Array(bytes.buffer), (value) => (value === Infinity ? 0 : value));
  return { width, height, data };
}

/** Depth and a mask of what is valid, in two NPY files. */
async function maskedNpy(tree: FileTree, names: readonly string[]): Promise<RawTruth> {
  const [depth, mask] = names as [string, string | undefined];
  const source = sourceOf(tree, depth);
  if (mask === undefined) throw layoutFault(source, 'its line in the split list names no mask');
  const map = squeezed(await tree.read(depth), source);
  const valid = squeezed(await tree.read(mask), sourceOf(tree, mask));
  if (valid.width !== map.width || valid.height !== map.height)
    throw layoutFault(source, `is ${map.width}x${map.height}, and its mask ${valid.width}x${valid.height}`, {
      expected: [map.width, map.height],
      actual: [valid.width, valid.height],
    });
  const odd = valid.data.find((each) => each !== 0 && each !== 1);
  if (odd !== undefined)
    throw layoutFault(sourceOf(tree, mask), `is a mask of 0 and 1, and holds ${odd}`, {
      expected: [0, 1],
      actual: odd,
    });
  return { ...map, mask: valid.data };
}

/** A map of shape [H,W], [1,H,W] or [H,W,1]. */
function squeezed(bytes: Uint8Array, source: string): RawTruth {
  const { shape, data } = decodeNpy(bytes, source);
  const [height, width, ...more] = shape.filter((side, i) => side !== 1 || (i < 2 && shape.length === 2));
  if (!height || !width || more.length > 0) throw layoutFault(source, `shape [${shape.join(',')}] is not one map`);
  return { width, height, data: Float64Array.from(data) };
}
