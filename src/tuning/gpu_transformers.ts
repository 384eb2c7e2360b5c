// What only transformers on GPUs use, behind the door `gpuTransformers` of parts.ts.
export { attentionProbes, crossAttentionProbes } from '../kernels/attention.probe.js';
export { gemmLayerNormProbes } from '../kernels/gemm_layer_norm.probe.js';
export { layerNormProbes } from '../kernels/layer_norm.probe.js';
export { default as attentionTiled } from '../../shaders/attention_tiled.wgsl?raw';
export { default as gemmPacked } from '../../shaders/gemm_packed.wgsl?raw';
export { default as gemmLayerNormTiled } from '../../shaders/gemm_layer_norm_tiled.wgsl?raw';
