/** Exit codes: the output cannot be written; nobody reads it any more (128 + SIGPIPE). */
const UNWRITTEN = 1;
const UNREAD = 141;

/** The part of an output stream that is watched. */
export interface WatchedStream {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  write(text: string): unknown;
}

/**
 * Calls `end` with an exit code when standard output or standard error fails: without a word where the reader has gone,
 * as in
 * `| head`, else after saying so once. Errors of a stream that nobody listens to would end the process with a stack
 * trace.
 */
export function watchOutput(
  end: (code: number) => void,
  stdout: WatchedStream = process.stdout,
  stderr: WatchedStream = process.stderr,
): void {
  let failed = false;
  const watch = (stream: WatchedStream, name: string) =>
    stream.on('error', (error) => {
      if (failed) return;
      failed = true;
      if (error.code !== 'EPIPE' && stream !== stderr)
        stderr.write(`depthwise: ${name} cannot be written (${error.message}). [OUTPUT_WRITE]\n`);
      end(error.code === 'EPIPE' ? UNREAD : UNWRITTEN);
    });
  watch(stdout, 'standard output');
  watch(stderr, 'standard error');
}
