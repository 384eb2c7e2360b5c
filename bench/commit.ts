import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Commit of the checkout, marked when what is measured differs from it. */
export function commit(): string {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const git = (...argv: string[]) =>
    execFileSync('git', argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const edited = git('status', '--porcelain', '--', 'src', 'shaders', 'bench') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${edited ? ', edited' : ''}`;
  } catch {
    return 'unknown';
  }
}
