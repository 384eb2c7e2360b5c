import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/**
 * The real set-up scripts in a clone of their own, with stand-ins for npm, vite, apt-get, sudo and Dawn that write down
 * how they were called. `drivers` is the file whose presence makes the stand-in for Dawn find an adapter.
 */
let root: string;
let log: string;
let drivers: string;

const NPM = `
import { appendFileSync, cpSync, existsSync } from 'node:fs';
appendFileSync(process.env.LOG, 'npm ' + process.argv.slice(2).join(' ') + '\\n');
if (existsSync('offline')) { console.error('npm error code ENOTFOUND'); process.exit(1); }
cpSync('modules', 'node_modules', { recursive: true });
cpSync('package-lock.json', 'node_modules/.package-lock.json');`;
const VITE = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync(process.env.LOG, 'vite ' + process.argv.slice(2).join(' ') + '\\n');
if (existsSync('src/broken.ts')) { console.error('Build failed with 1 error'); process.exit(1); }
mkdirSync('dist/node', { recursive: true });
writeFileSync('dist/node/cli.js', 'console.log(JSON.stringify([process.cwd(), process.argv.slice(2)])); ' +
  'process.exitCode = 7;');`;
const DAWN = `
import { existsSync } from 'node:fs';
const info = { vendor: 'v', architecture: 'software', device: 'd', description: 'llvmpipe' };
export const create = () => ({ requestAdapter: async () => (existsSync(process.env.DRIVERS) ? { info } : null) });`;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'depthwise-')));
  [log, drivers] = [join(root, 'log'), join(root, 'drivers')];
  await cp(join(import.meta.dirname, '../../../tools/setup'), join(root, 'tools/setup'), { recursive: true });
  for (const folder of ['src', 'bin', 'modules/webgpu', 'modules/vite/bin', 'elsewhere'])
    await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  await writeFile(join(root, 'package-lock.json'), '{"packages":{"":{},"node_modules/webgpu":{"version":"0.6.2"}}}');
  await writeFile(
    join(root, 'modules/webgpu/package.json'),
    '{"name":"webgpu","version":"0.6.2","type":"module","exports":"./index.js"}',
  );
  await writeFile(join(root, 'modules/webgpu/index.js'), DAWN);
  await writeFile(join(root, 'modules/vite/bin/vite.js'), VITE);
  await writeFile(join(root, 'bin/npm-cli.js'), NPM);
  await writeFile(join(root, 'src/a.ts'), '');
  await standIn(
    'apt-get',
    `echo "apt-get $*" >> "$LOG"; [ -e "$ROOT/no-apt" ] && echo 'Could not resolve deb.debian.org' && exit ` +
      `100; case "$*" in *install*) touch "$DRIVERS";; esac`,
  );
  await standIn('sudo', `echo "sudo $*" >> "$LOG"; [ -e "$ROOT/no-sudo" ] && exit 1; shift; exec "$@"`);
  await standIn('tee', 'cat > /dev/null');
  await writeFile(drivers, '');
  await writeFile(log, '');
});
afterEach(() => rm(root, { recursive: true }));

const standIn = (name: string, script: string) =>
  writeFile(join(root, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

function depth(...args: string[]) {
  return depthAs({}, ...args);
}

/** Where and as whom the set-up runs; `answer` is typed at a terminal of its own. */
interface Person {
  readonly uid?: number;
  readonly gid?: number;
  readonly setup?: string;
  readonly ci?: string;
  readonly answer?: string;
}

async function depthAs(user: Person, ...args: string[]) {
  await writeFile(log, '');
  const env = {
    ...process.env,
    LOG: log,
    DEPTHWISE_SETUP: user.setup ?? 'apt',
    ...(user.setup === undefined ? {} : { CI: user.ci ?? '', container: '' }),
    DRIVERS: drivers,
    ROOT: root,
    INIT_CWD: join(root, 'elsewhere'),
    npm_execpath: join(root, 'bin/npm-cli.js'),
    PATH: `${join(root, 'bin')}:${process.env.PATH}`,
  };
  const tool = [process.execPath, join(root, 'tools/setup/run.mjs'), 'depth', ...args];
  const argv = user.answer === undefined ? tool : ['script', '-qec', tool.join(' '), '/dev/null'];
  const options = { encoding: 'utf8', env, input: user.answer, ...user } as const;
  const { status, stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), options);
  const calls = (await readFile(log, 'utf8'))
    .trim()
    .split('\n')
    .filter((call) => call !== '');
  return { status, stdout, stderr, calls };
}

describe('a fresh clone', () => {
  it('installs, builds and becomes the tool, with its arguments, folder and exit code', async () => {
    const { status, stdout, stderr, calls } = await depth('photo.jpg', '--input-size', '126', 'a b');
    expect(calls).toEqual(['npm ci --no-audit --no-fund', 'vite build --config vite.node.config.ts --logLevel warn']);
    expect(JSON.parse(stdout)).toEqual([join(root, 'elsewhere'), ['photo.jpg', '--input-size', '126', 'a b']]);
    expect(status).toBe(7);
    expect(stderr).toMatch(/installing packages[^]*building/);
  });

  it('does nothing and says nothing the second time', async () => {
    await depth();
    expect(await depth()).toMatchObject({ status: 7, stderr: '', calls: [] });
  });

  it('does again what has gone stale, and that only', async () => {
    await depth();
    await writeFile(join(root, 'src/a.ts'), 'export {};');
    expect((await depth()).calls).toEqual(['vite build --config vite.node.config.ts --logLevel warn']);
    await rm(join(root, 'dist'), { recursive: true });
    expect((await depth()).calls).toEqual(['vite build --config vite.node.config.ts --logLevel warn']);
    await writeFile(join(root, 'package-lock.json'), '{"packages":{"node_modules/webgpu":{"version":"0.6.3"}}}');
    expect((await depth()).calls).toContain('npm ci --no-audit --no-fund');
  });

  it('says without a network which step failed and what to run', async () => {
    await writeFile(join(root, 'offline'), '');
    const { status, stdout, stderr } = await depth();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/step "packages" failed: "npm ci" did not succeed because the network cannot be reached/);
    expect(stderr).toMatch(/ENOTFOUND[^]*run:\n\n {4}npm ci\n/);
  });

  it('fails when the build does', async () => {
    await writeFile(join(root, 'src/broken.ts'), '');
    const { status, stderr } = await depth();
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /step "build" failed[^]*Build failed with 1 error[^]*npx vite build --config vite\.node\.config\.ts/,
    );
    await rm(join(root, 'src/broken.ts'));
    expect((await depth()).status).toBe(7);
  });
});

describe.skipIf(!existsSync('/usr/bin/apt-get'))('a Debian or Ubuntu without a Vulkan driver', () => {
  beforeEach(() => rm(drivers));

  it('gets one from apt, once', async () => {
    const { status, stderr, calls } = await depth();
    expect(status, stderr).toBe(7);
    expect(calls.filter((call) => call.startsWith('apt-get'))).toEqual([
      expect.stringMatching(/ update$/),
      expect.stringMatching(/ install -y --no-install-recommends .*mesa-vulkan-drivers libvulkan1$/),
    ]);
    expect((await depth()).calls).toEqual([]);
  });

  it('names the one command when apt fails or brings nothing', async () => {
    await writeFile(join(root, 'no-apt'), '');
    const { status, stderr } = await depth();
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /step "Vulkan driver" failed.*because the network cannot be reached[^]*sudo apt-get install .*mesa-vulkan/,
    );
    expect(stderr).toMatch(/mesa-vulkan-drivers libvulkan1\n/);
    await rm(join(root, 'no-apt'));
    await standIn('apt-get', 'true');
    expect((await depth()).stderr).toMatch(/no usable Vulkan adapter[^]*after installing mesa-vulkan-drivers/);
  });

  it('installs nothing as a user who did not ask, sudo or not, and names the one command', async () => {
    spawnSync('chmod', ['-R', 'a+rwX', root]);
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { status, stderr, calls } = await depthAs({ ...nobody, setup: '' });
    expect(status).toBe(2);
    expect(calls.some((call) => /apt-get|sudo/.test(call))).toBe(false);
    expect(stderr).toMatch(/DEPTHWISE_SETUP=apt[^]*sudo apt-get install/);
  });

  it('names the one command when it may not install', async () => {
    await writeFile(join(root, 'no-sudo'), '');
    spawnSync('chmod', ['-R', 'a+rwX', root]);
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { status, stderr, calls } = await depthAs(nobody);
    expect(calls, stderr).toContain('sudo -n true');
    expect(status).toBe(2);
    expect(calls.some((call) => call.startsWith('apt-get'))).toBe(false);
    expect(stderr).toMatch(/needs an administrator[^]*sudo apt-get install/);
  });

  it.skipIf(process.getuid?.() !== 0)('installs as root in CI, where nobody can be asked', async () => {
    const { status, stderr, calls } = await depthAs({ setup: '', ci: 'true' });
    expect(status, stderr).toBe(7);
    expect(calls.filter((call) => call.startsWith('apt-get'))).toHaveLength(2);
    expect(calls.some((call) => call.startsWith('sudo'))).toBe(false);
  });

  describe.skipIf(spawnSync('script', ['--version']).status !== 0)('at a terminal', () => {
    it('shows what it would run and does it after a yes, and after nothing else', async () => {
      for (const answer of ['\n', 'n\n', 'yonder\n', '\x04']) {
        const { status, stdout, calls } = await depthAs({ setup: '', ci: 'true', answer });
        expect(stdout, JSON.stringify(answer)).toMatch(
          /wants to run:\s+.*apt-get install .*mesa-vulkan-drivers.*\s+Go ahead\? \[y\/N\]/,
        );
        expect(status).toBe(2);
        expect(calls.some((call) => call.startsWith('apt-get'))).toBe(false);
      }
      for (const answer of ['y\n', 'YES\n']) {
        const { status, stdout, calls } = await depthAs({ setup: '', answer });
        expect(status, stdout).toBe(7);
        expect(calls.filter((call) => call.startsWith('apt-get'))).toHaveLength(2);
        await rm(drivers);
        await rm(join(root, 'node_modules/.cache'), { recursive: true });
      }
    });
  });
});

describe('messages', () => {
  it('carry no controls of the terminal', async () => {
    await writeFile(
      join(root, 'bin/npm-cli.js'),
      'console.error("\\x1b]0;title\\x07 \\u202e \\x9b31m"); process.exit(1);',
    );
    const { status, stderr } = await depth();
    expect(status).toBe(2);
    expect(stderr).toContain('\\u001b]0;title\\u0007 \\u202e \\u009b31m');
  });

  it('need no home', async () => {
    spawnSync('chmod', ['-R', 'a+rwX', root]);
    const nobody = process.getuid?.() === 0 ? { uid: 12345, gid: 12345 } : {};
    const home = process.env['HOME'];
    delete process.env['HOME'];
    const { status, stderr } = await depthAs(nobody);
    process.env['HOME'] = home;
    expect(status, stderr).toBe(7);
  });
});
