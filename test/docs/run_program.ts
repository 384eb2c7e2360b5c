import { execFile } from 'node:child_process';

export interface Ended {
  readonly code: number;
  /** What it wrote to both streams. */
  readonly output: string;
}

/** Runs a program to its end. */
export function runProgram(file: string, args: readonly string[], cwd: string, env: object = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? (child.exitCode ?? -1) : 0, output: stdout + stderr }),
    );
  });
}
