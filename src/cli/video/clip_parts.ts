import { readFile } from 'node:fs/promises';
import type { DepthMap } from '../../depth/depth_map.js';
import { FrameReader, type ClipFrame } from '../../node/video/frame_reader.js';
import type { EstimateOptions } from '../../runtime/depth_model.js';
import type { SteadyState } from '../../runtime/steady.js';
import { seesWindows } from '../model_conflicts.js';
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
  const { model, clip, job, command, session, work } = making;
  const windows = seesWindows(model.info.name);
  let { state } = making;
  if (state.over) return state;
  const done = framesOf(state);
  const reader = new FrameReader(clip, done > 0 ? { select: `gte(n,${done})` } : {});
  const frames: ClipFrame[] = [];
  let seen = done;
  // Of a window no map comes before all of its frames were seen, so that these count for half of what is to do.
  const tell = (written: number) =>
    windows
      ? session.showProgress(
          `${job.input}, ${seen} frames of ${clip.frames} seen, ${written} done`,
          Math.floor((written + seen) / 2),
          clip.frames,
        )
      : session.showProgress(`${job.input}, frame ${written} of ${clip.frames}`, written, clip.frames);
  const pictures = async function* () {
    for await (const frame of reader.frames()) {
      frames.push(frame);
      seen++;
      if (windows) tell(seen - frames.length);
      yield frame;
    }
  };
  const from = command.steady && done > 0 ? await readFile(work.kept(state.parts.length)) : undefined;
  const steadyState: SteadyState = { from };
  const maps = model.stream(pictures(), {
    ...options,
    ...(command.steady && { steady: true, steadyState }),
    // A window takes too long to be waited for.
    ...(windows && { windows, signal: session.signal }),
  });
  try {
    while (!state.over) {
      const part = new OpenPart(making, state);
      try {
        const over = await fill(part, session.signal, framesOf(state), { frames, maps, tell });
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

/** What a part is filled from. */
interface Made {
  /** Those whose maps come next. */
  readonly frames: ClipFrame[];
  readonly maps: AsyncGenerator<DepthMap, void, undefined>;
  /** Told how many frames are written. */
  readonly tell: (written: number) => void;
}

/**
 * Writes maps into a part until it has all of its frames. The next one is estimated while one is written.
 * @param done frames before the part
 * @returns whether there are no more
 */
async function fill(part: OpenPart, signal: AbortSignal, done: number, made: Made): Promise<boolean> {
  const { frames, maps, tell } = made;
  for (let next: Promise<IteratorResult<DepthMap, void>> | undefined = maps.next(); next;) {
    const result: IteratorResult<DepthMap, void> | undefined = await next.catch(unlessAborted(signal));
    if (!result) return false;
    if (result.done) return true;
    using depth = result.value;
    const frame = frames.shift() as ClipFrame;
    const index = done + part.frames;
    const read = depth.read();
    // What is begun is written too, so that a steady stream keeps what the last written map left.
    next = part.frames + 1 < PART_FRAMES && !signal.aborted ? maps.next() : undefined;
    next?.catch(() => undefined);
    await part.write({ frame, depth, values: await read, index });
    tell(index + 1);
  }
  return false;
}

/** Nothing in place of the fault of work that was given up. */
function unlessAborted(signal: AbortSignal): (fault: unknown) => undefined {
  return (fault) => {
    if (!signal.aborted) throw fault;
  };
}
