import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wgsl } from '../../tools/build/wgsl.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The peers' page, served in development only: it reads node_modules and models beside it.
export default defineConfig({
  root: at('.'),
  plugins: [wgsl()],
  publicDir: false,
  optimizeDeps: { exclude: ['@huggingface/transformers', 'onnxruntime-web'] },
  server: { fs: { allow: [at('../..')] } },
});
