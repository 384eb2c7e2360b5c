import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { ImageError } from '../../errors.js';

/** The two programs of ffmpeg that read and write videos. */
export type Program = 'ffmpeg' | 'ffprobe';

/** Lines of what went wrong that are kept, from the first on. */
const KEPT_LINES = 8;
/** What a line of the log begins with, as `-v level+…` has it: the part of ffmpeg that speaks, and how grave it is. */
const GRAVE = /^(?:\[[^\]]* @ [^\]]*\] )?\[(?:error|fatal|panic)\] (.*)/;
const INSTALL: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'brew install ffmpeg',
  win32: 'winget install ffmpeg',
};

/** A program that runs: what goes in, what comes out, and how it ended. */
export interface Running {
  readonly child: ChildProcess;
  readonly input: Writable;
  readonly output: Readable;
  /** First lines of its log that tell of errors. */
  readonly errors: readonly string[];
  /** Its exit code; null where a signal ended it. Rejects where it cannot be started. */
  readonly ended: Promise<number | null>;
}

/** What of a program's streams is used. */
interface Use {
  readonly input?: boolean;
  readonly output?: boolean;
  /** Told each line of its log. */
  readonly onLine?: (line: string) => void;
}

/**
 * Starts a program with arguments as they are: there is no shell in between. It leads a process group of its own, so
 * that Ctrl-C reaches this process alone, which then decides what is finished.
 */
export function startProgram(program: Program, args: readonly string[], use: Use = {}): Running {
  const child = spawn(program, args, {
    stdio: [use.input ? 'pipe' : 'ignore', use.output ? 'pipe' : 'ignore', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const errors: string[] = [];
  eachLine(child.stderr as Readable, (line) => {
    const [, text] = GRAVE.exec(line) ?? [];
    if (text !== undefined && errors.length < KEPT_LINES) errors.push(text.trim());
    use.onLine?.(line);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(missing(program, cause)));
    child.once('close', resolve);
  });
  // Whoever waits hears of it; nobody has to.
  ended.catch(() => undefined);
  // A program that ended takes no more; that it did is told by `ended`.
  child.stdin?.on('error', () => undefined);
  return { child, input: child.stdin as Writable, output: child.stdout as Readable, errors, ended };
}

/** All that a program writes, and how it ended. @throws ImageError `VIDEO_TOOL` */
export async function runProgram(
  program: Program,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly code: number | null; readonly text: string; readonly errors: readonly string[] }> {
  signal?.throwIfAborted();
  const { child, output, errors, ended } = startProgram(program, args, { output: true });
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    let text = '';
    output.setEncoding('utf8').on('data', (part: string) => (text += part));
    const code = await ended;
    signal?.throwIfAborted();
    return { code, text, errors };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** A file as ffmpeg is told it: the name alone might be taken for an option, or for a protocol. */
export function fileArgument(path: string): string {
  return `file:${path}`;
}

function missing(program: Program, cause: NodeJS.ErrnoException): ImageError {
  return toolFault(program, `cannot be started (${cause.code ?? cause.message})`, cause);
}

/** Refuses an ffmpeg that is too old for what it was asked. @throws ImageError `VIDEO_TOOL` */
export function refuseOld(errors: readonly string[]): void {
  if (errors.some((line) => /Unrecognized option 'fps_mode'/.test(line))) throw toolFault('ffmpeg', 'is older');
}

function toolFault(program: Program, what: string, cause?: Error): ImageError {
  return new ImageError('VIDEO_TOOL', `Videos need ffmpeg 5.1 or newer, and ${program} here ${what}.`, {
    hint: `Install it: ${INSTALL[process.platform] ?? 'sudo apt install ffmpeg'}.`,
    source: program,
    ...(cause && { cause }),
  });
}

function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    const lines = (rest + part).split(/[\r\n]+/);
    rest = lines.pop() as string;
    for (const line of lines) take(line);
  });
  stream.on('end', () => take(rest));
}
