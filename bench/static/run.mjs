// Builds bench:static and runs it: node bench/static/run.mjs [options]
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
await build({ configFile: at('vite.config.ts'), logLevel: 'warn' });
const { main } = await import('../dist/static-main/main.js');
const code = await main(process.argv.slice(2), at('../..'));
// Dawn keeps the process alive.
process.exit(code);
