import { readFile } from 'node:fs/promises';
import type { DepthMap } from '../../depth/depth_map.js';
import { FrameReader, type ClipFrame } from '../../node/video/frame_reader.js';
import type { EstimateOptions } from '../../runtime/depth_model.js';
import type { SteadyState } from '../../runtime/steady.js';
import { framesOf, type ClipState } from './clip_work.js';
import { OpenPart, type Making } from './open_part.js';

/** Frames of a part: what a process that is killed may lose. */
const PART_FRAMES = 240;

/**
 * Makes the depth of all frames that are not done, part by part. Each part is whole and noted when it is done; when the
 * work is cancelled, the one that was begun too.
 * @returns what is done, which is all
 * @throws AbortError when cancelled
 */
export async function makeParts(making: Making, options: EstimateOptions): Promise<ClipState> {
  const { model, clip, command, session, work } = making;
  let { state } = making;
  if (state.over) return state;
  const done = framesOf(state);
  const reader = new FrameReader(clip, done > 0 ? { select: `gte(n,${done})` } : {});
  const frames: ClipFrame[] = [];
  const pictures = async function* () {
    for await (const frame of reader.frames()) {
      frames.push(frame);
      yield frame;
    }
  };
  const from = command.steady && done > 0 ? await readFile(work.kept(state.parts.length)) : undefined;
  const steadyState: SteadyState = { from };
  const maps = model.stream(pictures(), { ...options, ...(command.steady && { steady: true, steadyState }) });
  try {
    while (!state.over) {
      const part = new OpenPart(making, state);
      try {
        const over = await fill(part, making, framesOf(state), frames, maps);
        state = await part.end(over ? { over, fault: reader.fault } : { steady: steadyState });
      } finally {
        part.stop();
      }
      session.signal.throwIfAborted();
    }
    return state;
  } finally {
    await maps.return();
  }
}

/**
 * Writes maps into a part until it has all of its frames. The next one is estimated while one is written.
 * @param done frames before the part
 * @param frames those whose maps come next
 * @returns whether there are no more
 */
async function fill(
  part: OpenPart,
  { job: { input }, clip, session }: Making,
  done: number,
  frames: ClipFrame[],
  maps: AsyncGenerator<DepthMap, void, undefined>,
): Promise<boolean> {
  for (let next: Promise<IteratorResult<DepthMap, void>> | undefined = maps.next(); next;) {
    const result: IteratorResult<DepthMap, void> = await next;
    if (result.done) return true;
    using depth = result.value;
    const frame = frames.shift() as ClipFrame;
    const index = done + part.frames;
    const read = depth.read();
    // What is begun is written too, so that a steady stream keeps what the last written map left.
    next = part.frames + 1 < PART_FRAMES && !session.signal.aborted ? maps.next() : undefined;
    next?.catch(() => undefined);
    await part.write({ frame, depth, values: await read, index });
    session.showProgress(`${input}, frame ${index + 1} of ${clip.frames}`, index + 1, clip.frames);
  }
  return false;
}
