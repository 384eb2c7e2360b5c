import { protocols, type ProtocolName } from '../../eval/protocols.js';
import { greyCodes } from '../../node/depth_file.js';
import { folderOf, layoutFault, openPicture, readJson, sourceOf, type Layout, type Sample } from './sample.js';
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
      const [set, listed] = Object.entries(parsed)[0] ?? ['', []];
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
      const samples = listed.flatMap((clip) =>
        Object.entries(clip).flatMap(([title, frames]) =>
          frames.slice(0, most).map(({ image, gt_depth: depth, factor }): Sample => ({
            picture: image,
            clip: title,
            folder,
            open: async () => {
              const root = folderOf(list);
              const picture = await openPicture(tree, root + image);
              const at = sourceOf(tree, root + depth);
              if (!(factor > 0)) throw layoutFault(source, `gives ${depth} the factor ${factor}`, { actual: factor });
              const { codes, ...size } = await greyCodes(await tree.read(root + depth), at);
              return sceneOf(picture, { ...size, data: Float64Array.from(codes, (c) => c / factor) }, protocol, at);
            },
          })),
        ),
      );
      return { name, protocol, samples };
    }),
  );
};

function isListing(listed: unknown): listed is Record<string, ListedFrame[]>[] {
  const isFrame = (each?: Partial<ListedFrame>) => typeof each?.image === 'string' && typeof each.gt_depth === 'string';
  const isClip = (clip: unknown) =>
    typeof clip === 'object' &&
    Object.values(clip ?? {}).every((frames) => Array.isArray(frames) && frames.every(isFrame));
  return Array.isArray(listed) && listed.every(isClip);
}
