import { protocols, type ProtocolName } from '../../eval/protocols.js';
import {
  folderOf,
  layoutFault,
  openPicture,
  readCodes,
  readJson,
  sourceOf,
  type Layout,
  type Sample,
} from './sample.js';
import { sceneOf } from './truth_scene.js';

/** A frame as Video Depth Anything lists it: depth is the code over `factor`. */
interface ListedFrame {
  readonly image: string;
  readonly gt_depth: string;
  readonly factor: number;
}

/** Most frames of a clip, as the published evaluation has it for its shorter lists. */
const MOST_FRAMES: Readonly<Record<string, number>> = { kitti: 110, sintel: 100, bonn: 110, scannet: 90 };
const MOST_LONG = 500;

/** `SET_video.json` or `SET_video_500.json`: clips of frames with their depth in 16-bit PNG. */
export const clips: Layout = async (tree, _trees, { protocol: chosen }) => {
  const lists = [...tree.names].filter((name) => /(?:^|\/)[^/]+_video(?:_500)?\.json$/.test(name));
  return Promise.all(
    lists.map(async (list) => {
      const source = sourceOf(tree, list);
      const parsed = ((await readJson(tree, list)) ?? {}) as Record<string, unknown>;
      const [[set, listed] = ['', []], ...others] = Object.entries(parsed);
      if (others.length > 0)
        throw layoutFault(source, `lists ${others.length + 1} sets, and one is read`, {
          expected: 1,
          actual: others.length + 1,
        });
      const own = `vda-${set}`;
      if (!(own in protocols)) {
        const known = Object.keys(protocols).filter((name) => name.startsWith('vda-'));
        throw layoutFault(source, `lists clips of ${set}, which no protocol is for`, { expected: known, actual: own });
      }
      if (!isListing(listed))
        throw layoutFault(source, `lists under ${set} no clips of frames with image and gt_depth`);
      const { name, rules: protocol } = chosen ?? { name: own, rules: protocols[own as ProtocolName] };
      const long = /_500\.json$/.test(list);
      const most = long ? MOST_LONG : (MOST_FRAMES[set] ?? MOST_LONG);
      // Both lists of a set lie in one folder: their scores are kept apart.
      const folder = long ? `${name}-500` : name;
      const titles = titled(listed);
      const samples = titles.flatMap(([title, frames]) =>
        frames.slice(0, most).map(({ image, gt_depth: depth, factor }): Sample => ({
          picture: image,
          clip: title,
          folder,
          open: async () => {
            const root = folderOf(list);
            const picture = await openPicture(tree, root + image);
            const at = sourceOf(tree, root + depth);
            if (!Number.isFinite(factor) || factor <= 0)
              throw layoutFault(source, `gives ${depth} the factor ${JSON.stringify(factor)}`, { actual: factor });
            const { codes, width, height } = await readCodes(tree, root + depth);
            return sceneOf(picture, { width, height, data: Float64Array.from(codes, (c) => c / factor) }, protocol, at);
          },
        })),
      );
      return { name, protocol, samples };
    }),
  );
};

/** The clips of a list by name; a name that comes again gets a number, for its frames are another clip. */
function titled(listed: readonly Record<string, ListedFrame[]>[]): [string, ListedFrame[]][] {
  const seen = new Map<string, number>();
  return listed
    .flatMap((clip) => Object.entries(clip))
    .map(([title, frames]) => {
      const count = (seen.get(title) ?? 0) + 1;
      seen.set(title, count);
      return [count === 1 ? title : `${title} (${count})`, frames];
    });
}

function isListing(listed: unknown): listed is Record<string, ListedFrame[]>[] {
  const isFrame = (each?: Partial<ListedFrame>) => typeof each?.image === 'string' && typeof each.gt_depth === 'string';
  const isClip = (clip: unknown) =>
    typeof clip === 'object' &&
    Object.values(clip ?? {}).every((frames) => Array.isArray(frames) && frames.every(isFrame));
  return Array.isArray(listed) && listed.every(isClip);
}
