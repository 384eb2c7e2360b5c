// Installs the peers where they are missing, builds and runs: node bench/peers/run.mjs [options]
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
if (!existsSync(at('node_modules'))) {
  process.stderr.write(
    'installing ONNX Runtime, TensorFlow.js and transformers.js (npm ci in bench/peers, about 700 MB)\n',
  );
  // The scripts would fetch CUDA libraries, which WebGPU does not need.
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: at('.'),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(2);
}
await build({ configFile: at('vite.config.ts'), logLevel: 'warn' });
const { main } = await import('./dist/node.js');
// Dawn keeps the process alive.
process.exit(await main(process.argv.slice(2), at('../..')));
