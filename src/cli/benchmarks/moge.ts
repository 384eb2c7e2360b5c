import { knownDepth } from '../../eval/benchmark_scores.js';
import { protocols, type Protocol, type ProtocolName } from '../../eval/protocols.js';
import { lowQuantile } from '../../eval/statistics.js';
import type { FileTree } from '../../node/archive/archive_bytes.js';
import { resizePicture } from '../../node/decoder.js';
import type { Picture } from '../../node/image_file.js';
import { cameraOf, seenDepth, seenPicture } from './moge_camera.js';
import {
  folderOf,
  layoutFault,
  openPicture,
  readCodes,
  readJson,
  readLines,
  sourceOf,
  type Layout,
  type Sample,
  type Scene,
} from './sample.js';
import { requireKnown, requireSameSize, type RawTruth } from './truth_scene.js';

/** Codes of depth.png: 0 is not known, the last one infinitely far, those between logarithmic. */
const FIRST = 1;
const LAST = 65534;
/** Depth beyond this many times that of the nearest hundredth does not count. */
const FAR_RATIO = 1000;
/** A picture that is resized to more pixels has other intrinsics than it says. */
const MOST_PIXELS = 2 ** 26;

/** `.index.txt` in the folder of each benchmark: folders of `image.jpg`, `depth.png` and `meta.json`. */
export const moge: Layout = async (tree, _trees, { protocol: chosen }) => {
  const lists = [...tree.names].filter((name) => /(?:^|\/)\.index\.txt$/.test(name));
  return Promise.all(
    lists.map(async (list) => {
      const root = folderOf(list);
      const title = benchmarkOf(tree, root);
      const own = `moge-${title.toLowerCase()}`;
      if (!chosen && !(own in protocols))
        throw layoutFault(sourceOf(tree, list), `is of a benchmark ${title}, which no protocol is for`, {
          expected: Object.keys(protocols).filter((name) => name.startsWith('moge-')),
          actual: own,
        });
      const { name, rules: protocol } = chosen ?? { name: own, rules: protocols[own as ProtocolName] };
      const samples = (await readLines(tree, list)).map((line): Sample => {
        const folder = `${root}${line.trim()}/`;
        return { picture: `${title}/${line.trim()}`, folder: name, open: () => openScene(tree, folder, protocol) };
      });
      return { name, protocol, samples };
    }),
  );
};

/** The folder that a list lies in, or the name of the archive or folder where it lies at the root. */
function benchmarkOf(tree: FileTree, root: string): string {
  const path = root === '' ? tree.path.replace(/\.(?:zip|tar)$/i, '').replace(/[\\/]+$/, '') : root.slice(0, -1);
  return path.split(/[\\/]/).at(-1) as string;
}

async function openScene(tree: FileTree, folder: string, protocol: Protocol): Promise<Scene> {
  const picture = await openPicture(tree, `${folder}image.jpg`);
  const source = sourceOf(tree, `${folder}depth.png`);
  const raw = await logDepth(tree, `${folder}depth.png`);
  requireSameSize(raw, picture, source);
  const meta = `${folder}meta.json`;
  const intrinsics = await readIntrinsics(tree, meta);
  const { width, height } = protocol.camera ?? picture;
  const camera = cameraOf(intrinsics, { width, height });
  const { resized } = camera;
  // Not a number neither.
  if (!(resized.width >= 1 && resized.height >= 1 && resized.width * resized.height <= MOST_PIXELS))
    throw layoutFault(sourceOf(tree, meta), 'has intrinsics of no camera that looks at the picture', {
      expected: MOST_PIXELS,
      actual: [resized.width, resized.height],
    });
  const depth = seenDepth(raw, camera);
  const seen: Picture = {
    data: seenPicture(await resizePicture(picture, camera.resized), camera),
    width,
    height,
  };
  const truth = knownDepth({ width, height, depth }, { ...protocol, maxDepth: farthestOf(depth) });
  requireKnown(truth, protocol, source);
  return { picture: seen, truth };
}

/** Just beyond the last depth that counts. */
function farthestOf(depth: Float64Array): number {
  let count = 0;
  const finite = new Float64Array(depth.length);
  for (const z of depth) if (z < Infinity) finite[count++] = z;
  return lowQuantile(finite.subarray(0, count), 0.01) * FAR_RATIO * (1 + Number.EPSILON);
}

/**
 * Depth of a 16-bit logarithmic PNG: near^(1-d) far^d with d = (code - 1) / 65533; NaN where it is not known.
 * @throws DepthFileError EVAL_LAYOUT without `near` and `far` in its text chunks, PNG_*
 */
async function logDepth(tree: FileTree, name: string): Promise<RawTruth> {
  const source = sourceOf(tree, name);
  const { codes, texts, width, height } = await readCodes(tree, name);
  const [near, far] = [Number(texts['near'] ?? NaN), Number(texts['far'] ?? NaN)];
  // In metres, of older files alone.
  const unit = Number(texts['unit'] ?? 1);
  if (!(near > 0 && far >= near && far < Infinity && unit > 0 && unit < Infinity))
    throw layoutFault(source, `says near ${texts['near']}, far ${texts['far']} and unit ${unit} in its text chunks`, {
      expected: '0 < near <= far, 0 < unit',
      actual: [texts['near'], texts['far'], unit],
    });
  const table = Float64Array.from({ length: 65536 }, (_, code) => {
    const d = (code - FIRST) / (LAST - FIRST);
    // Infinitely far is known to be far, and no depth to compare.
    return code >= FIRST && code <= LAST ? near ** (1 - d) * far ** d * unit : NaN;
  });
  return { width, height, data: Float64Array.from(codes, (code) => table[code] as number) };
}

async function readIntrinsics(tree: FileTree, name: string): Promise<number[]> {
  const source = sourceOf(tree, name);
  const { intrinsics: rows } = ((await readJson(tree, name)) ?? {}) as { intrinsics?: unknown };
  const values = Array.isArray(rows) ? (rows.flat() as number[]) : [];
  const [fx, , , , fy] = values as [number, number, number, number, number];
  const sound = values.length === 9 && values.every((value) => Number.isFinite(value)) && fx > 0 && fy > 0;
  if (!sound || values.slice(6).join() !== '0,0,1')
    throw layoutFault(source, 'has no 3x3 matrix of intrinsics', { actual: rows });
  return values;
}
