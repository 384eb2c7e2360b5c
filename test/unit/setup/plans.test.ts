import { mkdtemp, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeControls as escapedInSource } from '../../../src/errors.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, so that it runs before anything is installed
import { missingPackages } from '../../../tools/setup/packages.mjs';
// @ts-expect-error plain JavaScript
import { chromeLibraries } from '../../../tools/setup/browser.mjs';
// @ts-expect-error plain JavaScript
import { findFirefox, firefoxPlan, setUpFirefox } from '../../../tools/setup/firefox.mjs';
// @ts-expect-error plain JavaScript
import { escapeControls } from '../../../tools/setup/step.mjs';
// @ts-expect-error plain JavaScript
import { digest, readStamps, writeStamp } from '../../../tools/setup/stamp.mjs';
// @ts-expect-error plain JavaScript
import { aptCommand, aptHasSuite, readOsRelease, usesApt, vulkanPlan } from '../../../tools/setup/system.mjs';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterAll(() => rm(folder, { recursive: true }));

describe('missingPackages', () => {
  const linux = { platform: 'linux', arch: 'x64' };
  const lock = {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a/node_modules/b': { version: '2.0.0' },
    'node_modules/native-linux': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
    'node_modules/native-musl': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
    'node_modules/native-mac': { version: '1.0.0', optional: true, os: ['darwin'], cpu: ['arm64'] },
    'node_modules/optional-anywhere': { version: '1.0.0', optional: true },
  };
  const installed = {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a/node_modules/b': { version: '2.0.0' },
    'node_modules/native-linux': { version: '1.0.0' },
  };

  it('is empty when node_modules holds what the lock says for this machine', () => {
    expect(missingPackages(lock, installed, linux)).toEqual([]);
  });

  it('names what is absent or of another version, and native packages of this machine only', () => {
    expect(missingPackages(lock, { ...installed, 'node_modules/a': { version: '1.0.1' } }, linux)).toEqual([
      'node_modules/a',
    ]);
    expect(missingPackages(lock, {}, linux)).toEqual([
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/native-linux',
    ]);
    expect(missingPackages(lock, installed, { platform: 'darwin', arch: 'arm64' })).toEqual([
      'node_modules/native-mac',
    ]);
  });
});

describe('vulkanPlan', () => {
  const none = () => false;
  const bookworm = { ID: 'debian', VERSION_CODENAME: 'bookworm' };

  it('takes a newer Mesa from the backports of Debian 12, which it adds once', () => {
    const plan = vulkanPlan(bookworm, none);
    expect(plan).toMatchObject({ packages: ['mesa-vulkan-drivers', 'libvulkan1'], suite: 'bookworm-backports' });
    expect(aptCommand(plan)).toBe(
      "echo 'deb http://deb.debian.org/debian bookworm-backports main' | sudo tee " +
        '/etc/apt/sources.list.d/depthwise-backports.list' +
        ' && sudo apt-get update && sudo apt-get install -y -t bookworm-backports mesa-vulkan-drivers libvulkan1',
    );
    const again = vulkanPlan(bookworm, () => true);
    expect(again.source).toBeUndefined();
    expect(aptCommand(again)).toBe(
      'sudo apt-get update && sudo apt-get install -y -t bookworm-backports mesa-vulkan-drivers libvulkan1',
    );
  });

  it('takes Mesa as it comes on newer Debian, on Ubuntu and on what is made from them', () => {
    for (const release of [
      { ID: 'debian', VERSION_CODENAME: 'trixie' },
      { ID: 'debian' },
      { ID: 'ubuntu', ID_LIKE: 'debian', VERSION_CODENAME: 'noble' },
      { ID: 'linuxmint', ID_LIKE: 'ubuntu debian' },
    ]) {
      expect(aptCommand(vulkanPlan(release, none))).toBe(
        'sudo apt-get update && sudo apt-get install -y mesa-vulkan-drivers libvulkan1',
      );
    }
  });

  it('names the command elsewhere, or nothing where it knows none', () => {
    expect(vulkanPlan({ ID: 'rocky', ID_LIKE: 'rhel centos fedora' }, none)).toEqual({
      command: 'sudo dnf install mesa-vulkan-drivers vulkan-loader',
    });
    expect(vulkanPlan({ ID: 'arch' }, none)).toEqual({ command: 'sudo pacman -S vulkan-swrast vulkan-icd-loader' });
    expect(vulkanPlan({ ID: 'nixos' }, none)).toBeUndefined();
  });
});

describe('aptHasSuite', () => {
  const suite = 'bookworm-backports';
  const deb822 = (more: string) =>
    `Types: deb deb-src\nURIs: http://deb.debian.org/debian\n${more}\nComponents: main\n`;

  it.each([
    ['sources.list', `deb http://deb.debian.org/debian ${suite} main`],
    ['sources.list.d/a.list', `# ours\ndeb [arch=amd64 signed-by=/k.gpg] https://mirror/debian ${suite} main contrib`],
    ['sources.list.d/a.sources', deb822(`Suites: bookworm ${suite}\nSigned-By: /usr/share/keyrings/k.gpg`)],
    ['sources.list.d/a.sources', deb822(`Enabled: yes\nSuites:\n bookworm\n# a comment\n ${suite}`)],
    [
      'sources.list.d/a.sources',
      `${deb822('Suites: x')}\n\n${deb822(`suites: ${suite}\nSigned-By:\n -----BEGIN\n .\n ab`)}`,
    ],
  ])('finds it in %s: %s', async (name, text) => {
    expect(aptHasSuite(suite, await sources(name, text))).toBe(true);
  });

  it.each([
    ['sources.list', `# deb http://deb.debian.org/debian ${suite} main`],
    ['sources.list', `deb-src http://deb.debian.org/debian ${suite} main`],
    ['sources.list.d/a.list', `deb http://deb.debian.org/debian ${suite}-sloppy main`],
    ['sources.list.d/a.list.save', `deb http://deb.debian.org/debian ${suite} main`],
    ['sources.list.d/a.sources', deb822(`Enabled: no\nSuites: ${suite}`)],
    ['sources.list.d/a.sources', `Types: deb-src\nURIs: http://deb.debian.org/debian\nSuites: ${suite}\n`],
    ['sources.list.d/a.sources', deb822(`#Suites: ${suite}\nSuites: bookworm`)],
    ['sources.list.d/folder.list/x', ''],
  ])('does not find it in %s: %s', async (name, text) => {
    expect(aptHasSuite(suite, await sources(name, text))).toBe(false);
  });

  async function sources(name: string, text: string): Promise<string> {
    const etc = await mkdtemp(join(folder, 'etc-'));
    await mkdir(join(etc, name, '..'), { recursive: true });
    await writeFile(join(etc, name), `${text}\n`);
    return etc;
  }
});

describe('the libraries of a downloaded Chrome', () => {
  it('are those it names, by apt and by nothing of npm', async () => {
    const chrome = join(folder, 'chrome');
    expect(chromeLibraries(chrome)).toBeUndefined();
    await writeFile(join(folder, 'deb.deps'), 'libasound2 (>= 1.0.17)\nlibnss3 (>= 2:3.35) | libnss3t64\n');
    const plan = { packages: ['the libraries of Chrome'], satisfy: chromeLibraries(chrome) };
    expect(aptCommand(plan)).toBe(
      "sudo apt-get update && sudo apt-get satisfy -y 'libasound2 (>= 1.0.17), libnss3 (>= 2:3.35) | libnss3t64'",
    );
  });
});

describe('Firefox', () => {
  it('comes from apt on Debian, whose package is the browser itself', () => {
    expect(aptCommand(firefoxPlan({ ID: 'debian' }))).toBe(
      'sudo apt-get update && sudo apt-get install -y firefox-esr',
    );
    for (const release of [{ ID: 'ubuntu', ID_LIKE: 'debian' }, { ID: 'linuxmint', ID_LIKE: 'ubuntu debian' }, {}])
      expect(firefoxPlan(release)).toBeUndefined();
  });

  it('is the one that an earlier set-up found, while it is there', async () => {
    const [root, path] = [join(folder, 'clone'), join(folder, 'firefox')];
    await writeFile(path, '');
    writeStamp(root, 'firefox', path);
    expect(findFirefox(root)).toBe(path);
    setUpFirefox(root, 'needed');
    expect(readStamps(root).firefox).toBe(path);
    await rm(path);
    expect(findFirefox(root)).not.toBe(path);
  });
});

describe('escapeControls', () => {
  it('is that of the library, for every unit of UTF-16', () => {
    const all = String.fromCharCode(...Array.from({ length: 65536 }, (_, code) => code));
    expect(escapeControls(all)).toBe(escapedInSource(all));
  });
});

describe('readOsRelease', () => {
  it('reads quoted and plain fields, and nothing where there is no file', async () => {
    const path = join(folder, 'os-release');
    await writeFile(path, 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n');
    expect(readOsRelease(path)).toEqual({
      PRETTY_NAME: 'Debian GNU/Linux 12 (bookworm)',
      VERSION_CODENAME: 'bookworm',
      ID: 'debian',
    });
    expect(readOsRelease(join(folder, 'absent'))).toEqual({});
    expect(usesApt({})).toBe(false);
  });
});

describe('digest', () => {
  it('changes with a new, an edited, a touched and a removed file, and with nothing else', async () => {
    const root = join(folder, 'sources');
    await mkdir(join(root, 'deep'), { recursive: true });
    await writeFile(join(root, 'deep', 'a.ts'), 'one');
    const paths = [root, join(folder, 'absent.json')];
    const seen = [digest(paths)];
    expect(digest(paths)).toBe(seen[0]);
    await writeFile(join(root, 'b.ts'), '');
    seen.push(digest(paths));
    await writeFile(join(root, 'b.ts'), 'more');
    seen.push(digest(paths));
    await utimes(join(root, 'b.ts'), 1, 1);
    seen.push(digest(paths));
    await rm(join(root, 'deep'), { recursive: true });
    seen.push(digest(paths));
    await writeFile(paths[1]!, '{}');
    seen.push(digest(paths));
    seen.push(digest(paths, 'other'));
    expect(new Set(seen).size).toBe(7);
  });
});
