// What only GPUs use, behind the door `gpu` of parts.ts.
export { attentionProbes, crossAttentionProbes } from '../kernels/attention.probe.js';
export { conv2dProbes, upsampledConvProbes } from '../kernels/conv2d.probe.js';
export { gemmProbes, patchEmbedProbes, transposedConvProbes } from '../kernels/gemm.probe.js';
export { gemmLayerNormProbes } from '../kernels/gemm_layer_norm.probe.js';
export * from '../kernels/gpu_texts.js';
export { layerNormProbes } from '../kernels/layer_norm.probe.js';
export { checkSound } from './known_answer.js';
export { tuneKernels } from './tune_kernels.js';
