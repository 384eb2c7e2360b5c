import { fileURLToPath } from 'node:url';
import { nodeBundle } from './node_bundle.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The bench for Node; `run.mjs` builds it before every run.
export default nodeBundle({ node: at('node.ts') }, at('dist/node'));
