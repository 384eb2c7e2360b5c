// What GPUs use whatever the model, behind the door `gpu` of parts.ts.
export { conv2dProbes, upsampledConvProbes } from '../kernels/conv2d.probe.js';
export { depthwiseProbes, separableProbes } from '../kernels/depthwise.probe.js';
export { gemmProbes, patchEmbedProbes, transposedConvProbes } from '../kernels/gemm.probe.js';
export * from '../kernels/gpu_texts.js';
export { headProbes } from '../kernels/head.probe.js';
export { checkSound } from './known_answer.js';
export { tuneKernels } from './tune_kernels.js';
