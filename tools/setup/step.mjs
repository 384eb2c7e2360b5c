import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';

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

/**
 * The one way of text to the terminal; stdout belongs to the command the set-up is for. Output of other programs may be
 * in it: what would steer a terminal is escaped, as `escapeControls` of src/errors.ts does, which is not built yet.
 */
export function say(text) {
  process.stderr.write(escapeControls(text));
}

/** C0 but tab and line feed, C1, line separators and the marks of bidirectional text, as `\uXXXX`. */
export function escapeControls(text) {
  return text.replace(
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Says what is about to take a while. */
export function announce(text) {
  say(`depthwise set-up: ${text}\n`);
}

/** The user's home; undefined for a user without one, of whom `homedir` throws. */
export function homeFolder() {
  try {
    return homedir() || undefined;
  } catch {
    return undefined;
  }
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

/** What npm and apt say of it. */
const UNREACHABLE = new RegExp(
  'ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|' +
    'Could not resolve|Temporary failure resolving|Could not connect|Unable to connect',
);

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
