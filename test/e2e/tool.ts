import { execFile } from 'node:child_process';
import { join } from 'node:path';
// @ts-expect-error plain JavaScript
import { CLI, setUpBundle } from '../../tools/setup/bundle.mjs';

const ROOT = join(import.meta.dirname, '../..');

/** Builds the command-line tool where it is not up to date. */
export function setUpTool(): void {
  setUpBundle(ROOT);
}

/**
 * Runs the built command-line tool in a folder, in a process of its own.
 * @param input what comes out of a pipe
 */
export function runTool(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: Uint8Array,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, CLI), ...args],
      { cwd: folder, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        // Dawn's own warnings go to stderr too.
        resolve({ code: error ? (child.exitCode ?? -1) : 0, stdout, stderr: stderr.replace(/^Warning: .*\n/gm, '') });
      },
    );
    if (!input) return;
    // What refuses it may end before all of it is written.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
