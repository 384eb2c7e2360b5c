import type { OrderedPair } from '../../eval/benchmark_scores.js';
import type { FileTree } from '../../node/archive/archive_bytes.js';
import {
  findFile,
  folderOf,
  layoutFault,
  openPicture,
  readJson,
  sourceOf,
  type Layout,
  type Sample,
} from './sample.js';

/** One annotation; points are [row, column]. */
interface Annotation {
  readonly point1: readonly [number, number];
  readonly point2: readonly [number, number];
  readonly closer_point: string;
}

/** `annotations.json`: the path of each picture, and its pairs of points of which one is known to be nearer. */
export const da2k: Layout = async (tree, trees) => {
  const names = [...tree.names].filter((name) => /(?:^|\/)annotations\.json$/.test(name));
  const found = await Promise.all(names.map(async (name) => ({ name, entries: await readAnnotations(tree, name) })));
  return found.flatMap(({ name, entries }) => {
    if (!entries) return [];
    const root = folderOf(name);
    const samples = entries.map(([key, annotations]): Sample => {
      const picture = key.replace(/^(?:\.\/)+/, '');
      const beside = tree.names.has(root + picture) ? { tree, prefix: root } : undefined;
      const place = beside ?? findFile([tree, ...trees], picture) ?? { tree, prefix: root };
      return {
        picture,
        folder: folderOf(picture).slice(0, -1).split('/').at(-1) || 'da-2k',
        open: async () => {
          const image = await openPicture(place.tree, place.prefix + picture);
          const pairs = annotations.map((each) => pairOf(each, image, sourceOf(tree, `${name} (${picture})`)));
          return { picture: image, pairs };
        },
      };
    });
    return [{ name: 'da-2k', samples }];
  });
};

/**
 * Undefined for a file of that name that holds something else: nothing of it is a pair, and not all are empty lists.
 * @throws DepthFileError EVAL_LAYOUT where a part of it is no pair
 */
async function readAnnotations(tree: FileTree, name: string): Promise<[string, Annotation[]][] | undefined> {
  const entries = Object.entries(((await readJson(tree, name)) ?? {}) as Record<string, Annotation[]>);
  const isPair = (each?: Annotation) => Array.isArray(each?.point1) && Array.isArray(each.point2);
  const isWhole = ([, list]: [string, Annotation[]]) => Array.isArray(list) && list.every(isPair);
  const somePair = entries.some(([, list]) => Array.isArray(list) && list.some(isPair));
  const odd = entries.find((entry) => !isWhole(entry));
  if (entries.length === 0 || (odd && !somePair)) return undefined;
  if (odd) throw layoutFault(sourceOf(tree, name), `has under ${odd[0]} something else than pairs of points`);
  // A picture without a pair has no score.
  return entries.filter(([, list]) => list.length > 0);
}

function pairOf(
  { point1, point2, closer_point: closer }: Annotation,
  { width, height }: { readonly width: number; readonly height: number },
  source: string,
): OrderedPair {
  if (String(point1) === String(point2))
    throw layoutFault(source, `both points of a pair are [${String(point1)}]`, { actual: [point1, point2] });
  for (const point of [point1, point2]) {
    const [row, column] = point;
    const inside =
      point.length === 2 &&
      [row, column].every(Number.isInteger) &&
      row >= 0 &&
      row < height &&
      column >= 0 &&
      column < width;
    if (!inside)
      throw layoutFault(
        source,
        `point [${point.join(', ')}] is not in its picture of ${height} rows and ${width} columns`,
        {
          expected: [height, width],
          actual: point,
        },
      );
  }
  if (closer !== 'point1' && closer !== 'point2')
    throw layoutFault(source, `closer_point is ${JSON.stringify(closer)}`, {
      expected: ['point1', 'point2'],
      actual: closer,
    });
  return closer === 'point1' ? { nearer: point1, farther: point2 } : { nearer: point2, farther: point1 };
}
