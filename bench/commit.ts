import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Commit of the checkout, marked when what is measured differs from it. */
export function commit(): string {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const git = (...argv: string[]) =>
    execFileSync('git', argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--', 'src', 'shaders', 'bench') ? ', edited' : ''}`;
  } catch {
    return 'unknown';
  }
}
