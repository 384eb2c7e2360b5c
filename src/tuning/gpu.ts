// What only GPUs use, behind the door `gpu` of parts.ts.
export * from '../kernels/gpu_texts.js';
export { checkSound } from './known_answer.js';
export { tuneKernels } from './tune_kernels.js';
