// Packs the bench with everything it needs, to run on a Linux machine that has a GPU driver and nothing else:
//   node bench/archive/build.mjs [FILE.tar.gz]
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const LIMIT = 50_000_000;
/**
 * Libraries that some machines lack, or have too old: of Node and Dawn, and Vulkan's loader. `run` falls back on them.
 */
const LIBRARIES = { cxx: ['libstdc++.so.6', 'libgcc_s.so.1'], vulkan: ['libvulkan.so.1'] };
const LICENCES = { 'LICENSE.libstdc++': 'libstdc++6', 'LICENSE.libvulkan': 'libvulkan1', 'LICENSE.node': 'nodejs' };

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const root = at('../..');

if (process.platform !== 'linux') {
  process.stderr.write('bench:archive: the archive is for Linux, and is built on Linux\n');
  process.exit(2);
}
const name = `depthwise-bench-linux-${process.arch}`;
const target = resolve(process.argv[2] ?? join(root, 'bench/dist', `${name}.tar.gz`));
const folder = join(root, 'bench/dist/archive', name);
rmSync(folder, { recursive: true, force: true });
await build({ configFile: at('../vite.node.config.ts'), logLevel: 'warn' });
stage();
execFileSync('tar', [
  '-c',
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '-I',
  'gzip -9',
  '-f',
  target,
  '-C',
  dirname(folder),
  name,
]);
const { size } = statSync(target);
process.stdout.write(`${target}: ${(size / 1e6).toFixed(1)} MB\n`);
if (size > LIMIT) {
  process.stderr.write(`bench:archive: that is more than ${LIMIT / 1e6} MB\n`);
  process.exit(1);
}

/** Lays the archive's folder out. */
function stage() {
  const put = (from, to) => {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(from, join(folder, to), { recursive: true, dereference: true });
  };
  put(realpathSync(process.execPath), 'bin/node');
  put(join(root, 'bench/dist/node/node.js'), 'lib/bench.mjs');
  for (const file of ['main.mjs', 'loads.cjs']) put(at(file), `lib/${file}`);
  for (const file of ['run', 'README.txt']) put(at(file), file);
  chmodSync(join(folder, 'run'), 0o755);
  const dawn = `node_modules/webgpu/dist/linux-${process.arch}/dawn.node`;
  for (const file of [
    dawn,
    'node_modules/webgpu/index.js',
    'node_modules/webgpu/package.json',
    'node_modules/webgpu/LICENSE.md',
    'LICENSE',
  ])
    put(join(root, file), file);
  const recordings = join(root, 'test/fixtures/models');
  for (const file of readdirSync(recordings)) put(join(recordings, file), `test/fixtures/models/${file}`);
  for (const [kind, files] of Object.entries(LIBRARIES))
    for (const file of files) put(findLibrary(file), `lib/${kind}/${file}`);
  for (const [file, owner] of Object.entries(LICENCES)) put(findLicence(owner), file);
  for (const file of ['bin/node', dawn]) strip(join(folder, file));
}

/** Where the dynamic linker finds a library. */
function findLibrary(file) {
  const lines = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).split('\n');
  const kind = process.arch === 'x64' ? 'x86-64' : 'AArch64';
  const path = lines.find((line) => line.trim().startsWith(`${file} (`) && line.includes(kind))?.split(' => ')[1];
  if (!path) throw new Error(`${file} is not installed here.`);
  return realpathSync(path);
}

/** The terms of a system package, or of the Node that runs this. */
function findLicence(owner) {
  const places = [
    join(dirname(realpathSync(process.execPath)), '../LICENSE'),
    `/usr/share/doc/${owner}/LICENSE`,
    `/usr/share/doc/${owner}/copyright`,
  ];
  const found = (owner === 'nodejs' ? places : places.slice(1)).find((path) => existsSync(path));
  if (!found) throw new Error(`The licence of ${owner} is in none of ${places.join(', ')}.`);
  return found;
}

/** Drops symbols, which are a sixth of the binaries. */
function strip(path) {
  try {
    execFileSync('strip', ['--strip-unneeded', path], { stdio: 'ignore' });
  } catch {
    process.stderr.write(`bench:archive: no strip here, so ${basename(path)} keeps its symbols\n`);
  }
}
