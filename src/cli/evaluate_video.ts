import { basename, dirname, join, relative } from 'node:path';
import { DepthFileError, UsageError } from '../errors.js';
import { summarizeVideos, videoRows, type VideoRow } from '../eval/report.js';
import { scoreVideo, type ClipFrame } from '../eval/video_scores.js';
import type { Truth } from '../eval/disparity.js';
import { readPicture, type Picture } from '../node/image_file.js';
import type { DepthModel } from '../runtime/depth_model.js';
import type { EvaluateCommand } from './arguments.js';
import { estimatedDisparity } from './estimated_disparity.js';
import { findPairs, type Pair } from './eval_pairs.js';
import { readTruth, sidecarsOf } from './eval_truth.js';
import { seesWindows } from './model_conflicts.js';
import { optional } from './parse_options.js';
import { runEvaluation } from './run_evaluation.js';
import type { Session } from './session.js';

/** The pictures of one folder, in the order of their names: of numbers in them, that of the numbers. */
interface Clip {
  readonly name: string;
  readonly pairs: readonly Pair[];
}

/** Scores a model on every folder of frames with their true depth, as the depth of one clip that is streamed. */
export async function evaluateVideo(command: EvaluateCommand, session: Session): Promise<number> {
  const clips = clipsOf(command.data, await findPairs(command.data));
  const pairs = clips.flatMap((clip) => clip.pairs);
  const files = pairs.flatMap(({ picture, depth }) => [picture, depth, ...sidecarsOf(depth)]);
  return runEvaluation(files, command, session, async (model) => {
    let done = 0;
    const told = (name: string) => session.showProgress(name, done++, pairs.length);
    const rows: VideoRow[] = [];
    for (const { name, pairs: frames } of clips)
      rows.push({
        picture: name,
        folder: dirname(name),
        frames: frames.length,
        ...(await scoreClip(model, frames, command, session.signal, told)),
      });
    const evaluation = summarizeVideos(rows);
    return { rows: videoRows(evaluation), scores: { steady: command.steady, ...evaluation } };
  });
}

/** @throws UsageError EVAL_EMPTY for a folder of one picture */
function clipsOf(root: string, pairs: readonly Pair[]): Clip[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [...new Set(pairs.map(({ folder }) => folder))].map((folder) => {
    const frames = pairs
      .filter((pair) => pair.folder === folder)
      .sort((a, b) => compare(basename(a.picture), basename(b.picture)));
    const source = join(root, folder);
    if (frames.length < 2)
      throw new UsageError('EVAL_EMPTY', `${source}: a clip has two frames at least, and this is one.`, {
        hint: 'With --video, the pictures of a folder are the frames of a clip.',
        source,
      });
    return { name: folder, pairs: frames };
  });
}

async function scoreClip(
  model: DepthModel,
  pairs: readonly Pair[],
  { data, truth: kind, focalLength, steady }: EvaluateCommand,
  signal: AbortSignal,
  told: (name: string) => void,
): Promise<Omit<VideoRow, 'picture' | 'folder' | 'frames'>> {
  const truths: Truth[] = [];
  let size: Picture | undefined;
  async function* pictures(): AsyncGenerator<Picture> {
    for (const pair of pairs) {
      told(relative(data, pair.picture));
      const picture = await readPicture(pair.picture);
      size ??= picture;
      if (picture.width !== size.width || picture.height !== size.height) throw otherSize(pair.picture, picture, size);
      truths.push(await readTruth(pair.depth, picture, kind));
      yield picture;
    }
  }
  const frames: ClipFrame[] = [];
  const windows = seesWindows(model.info.name);
  for await (const depth of model.stream(pictures(), { signal, steady, windows, ...optional({ focalLength }) }))
    try {
      const { picture } = pairs[frames.length] as Pair;
      const { disparity } = await estimatedDisparity(depth, picture);
      frames.push({ disparity, truth: truths[frames.length] as Truth });
    } finally {
      depth.dispose();
    }
  return scoreVideo(frames, (size as Picture).width);
}

function otherSize(source: string, { width, height }: Picture, first: Picture): DepthFileError {
  const what = `is ${width}x${height}, and the first frame ${first.width}x${first.height}`;
  return new DepthFileError('EVAL_SIZE', `${source}: ${what}.`, {
    source,
    expected: [first.width, first.height],
    actual: [width, height],
    phase: 'read',
  });
}
