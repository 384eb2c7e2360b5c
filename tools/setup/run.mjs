// Sets up what is missing, then becomes the command: same process, so arguments, terminal, signals and exit code are
// its own.
//   node tools/setup/run.mjs COMMAND [arguments]      COMMAND is a key of COMMANDS
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CLI } from './bundle.mjs';
import { ROOT, setUp } from './setup.mjs';

const VITEST = 'node_modules/vitest/vitest.mjs';
const COMMANDS = {
  // npm runs scripts in the package's folder; file names are meant from where the user is.
  depth: { entry: CLI, arguments: [], needs: { tool: true }, folder: process.env.INIT_CWD },
  eval: { entry: CLI, arguments: ['eval'], needs: { tool: true }, folder: process.env.INIT_CWD },
  test: { entry: VITEST, arguments: ['run'], needs: { tool: true, chromium: true, firefox: 'wanted', ffmpeg: true } },
  'test:long': {
    entry: VITEST,
    arguments: ['run', '--config', 'vitest.long.config.ts'],
    needs: { tool: true, chromium: true, ffmpeg: true },
  },
  'test:mutants': {
    entry: VITEST,
    arguments: ['run', '--config', 'vitest.mutants.config.ts'],
    needs: { tool: true },
  },
  'test:page': {
    entry: VITEST,
    arguments: ['run', '--config', 'vitest.page.config.ts'],
    needs: { tool: true, chromium: true, ffmpeg: true },
  },
  'test:firefox': {
    entry: VITEST,
    arguments: ['run', '--config', 'vitest.engines.config.ts', 'test/engines/firefox'],
    needs: { tool: true, firefox: 'needed' },
  },
  'test:wgpu': {
    entry: VITEST,
    arguments: ['run', '--config', 'vitest.engines.config.ts', 'test/engines/wgpu.test.ts'],
    needs: { tool: true },
  },
  bench: { entry: 'bench/run.mjs', arguments: [], needs: { tool: true }, folder: process.env.INIT_CWD },
  'bench:archive': { entry: 'bench/archive/build.mjs', arguments: [], needs: {}, folder: process.env.INIT_CWD },
  'bench:static': {
    entry: 'bench/static/run.mjs',
    arguments: [],
    needs: { tool: true, nullDevice: true },
    folder: process.env.INIT_CWD,
  },
  'bench:peers': { entry: 'bench/peers/run.mjs', arguments: [], needs: { tool: true }, folder: process.env.INIT_CWD },
  'bench:page': { entry: 'node_modules/vite/bin/vite.js', arguments: ['--config', 'bench/vite.config.ts'], needs: {} },
  docs: {
    entry: 'tools/docs/node_modules/typedoc/bin/typedoc',
    arguments: ['--options', 'tools/docs/typedoc.json'],
    needs: {},
  },
  format: {
    entry: 'node_modules/prettier/bin/prettier.cjs',
    arguments: ['--write', '--log-level', 'warn', '.'],
    needs: {},
  },
  demo: { entry: 'node_modules/vite/bin/vite.js', arguments: ['--config', 'demo/vite.config.ts'], needs: {} },
};

const [name, ...rest] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) {
  process.stderr.write(`usage: node tools/setup/run.mjs ${Object.keys(COMMANDS).join('|')} [arguments]\n`);
  process.exit(2);
}
await setUp(command.needs);
const entry = join(ROOT, command.entry);
process.chdir(command.folder ?? ROOT);
process.argv = [process.execPath, entry, ...command.arguments, ...rest];
await import(pathToFileURL(entry).href);
