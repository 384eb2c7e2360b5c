import { fileURLToPath } from 'node:url';
import { nodeBundle } from '../node_bundle.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// bench:static; `run.mjs` builds it before every run.
export default nodeBundle({ main: at('main.ts') }, at('../dist/static-main'));
