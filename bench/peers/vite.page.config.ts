import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wgsl } from '../../tools/build/wgsl.js';
import { servedModels } from './served_models.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The peers' page, served in development only: it reads node_modules beside it.
export default defineConfig({
  root: at('.'),
  plugins: [wgsl(), servedModels()],
  publicDir: false,
  optimizeDeps: { exclude: ['@huggingface/transformers', 'onnxruntime-web'] },
  server: { fs: { allow: [at('../..')] } },
});
