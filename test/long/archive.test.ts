import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const NAME = `depthwise-bench-linux-${process.arch}`;
/** One kernel that every adapter has. */
const FILTER = '^layer_norm/workgroup f32';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'depthwise-archive-'));
  execFileSync(process.execPath, [join(ROOT, 'bench/archive/build.mjs'), join(folder, 'bench.tar.gz')], { cwd: ROOT });
  execFileSync('tar', ['-xzf', join(folder, 'bench.tar.gz'), '-C', folder]);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** The archive's command with an empty environment and, where the machine lets us, no network. */
function selfCheck(): { status: number | null; stdout: string } {
  const argv = ['-i', 'PATH=/usr/bin:/bin', join(folder, NAME, 'run'), 'selfcheck', '--filter', FILTER];
  const alone = spawnSync('unshare', ['-n', 'true']).status === 0;
  return alone
    ? spawnSync('unshare', ['-n', 'env', ...argv], { encoding: 'utf8' })
    : spawnSync('env', argv, { encoding: 'utf8' });
}

describe.runIf(process.platform === 'linux')('the portable bench', () => {
  it('is smaller than 50 MB, and checks kernels with nothing but what is in it', () => {
    expect(statSync(join(folder, 'bench.tar.gz')).size).toBeLessThan(50_000_000);
    expect(selfCheck()).toMatchObject({ status: 0, stdout: expect.stringContaining('1 of 1 checks right') });
  });

  it('fails on a wrong kernel', () => {
    const bench = join(folder, NAME, 'lib/bench.mjs');
    const code = readFileSync(bench, 'utf8');
    const broken = code.replaceAll('inverseSqrt(', 'sqrt(');
    expect(broken).not.toBe(code);
    writeFileSync(bench, broken);
    expect(selfCheck()).toMatchObject({ status: 1, stdout: expect.stringContaining('0 of 1 checks right') });
  });
});
