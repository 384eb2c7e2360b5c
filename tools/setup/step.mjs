import { spawnSync } from 'node:child_process';

/** A step that could not be done here; `command` is what a person can run to do it. */
export class SetupError extends Error {
  /**
   * @param {string} step name of the step that failed
   * @param {string} reason
   * @param {string} [command]
   */
  constructor(step, reason, command) {
    super(`set-up step "${step}" failed: ${reason}${command ? `\nTo do it by hand, run:\n\n    ${command}\n` : ''}`);
    this.step = step;
    this.command = command;
  }
}

/** Says on stderr what is about to take a while; stdout belongs to the command the set-up is for. */
export function announce(text) {
  process.stderr.write(`depthwise set-up: ${text}\n`);
}

/**
 * Runs a command quietly. Its output is kept, both streams together as far as they are of use in a message.
 * @param {string[]} argv
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {{ ok: boolean, stdout: string, output: string }}
 */
export function run(argv, options = {}) {
  const [command, ...rest] = argv;
  const child = spawnSync(command, rest, { encoding: 'utf8', maxBuffer: 2 ** 28, ...options });
  const stdout = child.stdout ?? '';
  const output = child.error ? child.error.message : `${stdout}${child.stderr ?? ''}`;
  return { ok: child.status === 0, stdout, output };
}

const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|Could not resolve|Temporary failure resolving|Could not connect|Unable to connect/;

/**
 * Why a command failed: that the network was out of reach when its output says so, and where its output begins and
 * ends.
 */
export function failureOf(argv, output) {
  const lines = output.split('\n').filter((line) => !/^(npm error)?\s*$/.test(line));
  const shown = lines.length > 16 ? [...lines.slice(0, 8), '…', ...lines.slice(-8)] : lines;
  const network = UNREACHABLE.test(output) ? ' because the network cannot be reached' : '';
  return [`"${argv.join(' ')}" did not succeed${network}.`, ...shown].join('\n');
}
