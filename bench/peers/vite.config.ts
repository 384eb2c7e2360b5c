import { fileURLToPath } from 'node:url';
import { nodeBundle } from '../node_bundle.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Depthwise beside its peers, for Node; the peers themselves stay in node_modules here.
export default nodeBundle({ node: at('node.ts') }, at('dist'));
