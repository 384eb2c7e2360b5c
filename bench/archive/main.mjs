import { fileURLToPath } from 'node:url';
import { main } from './bench.mjs';

const code = await main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
// Dawn keeps the process alive.
process.exit(code);
