/** The WGSL of kernels that only GPUs run, behind the door `gpu` of parts.ts. */
export { default as attentionTiled } from '../../shaders/attention_tiled.wgsl?raw';
export { default as convTiled } from '../../shaders/conv2d_tiled.wgsl?raw';
export { default as gemmLayerNormTiled } from '../../shaders/gemm_layer_norm_tiled.wgsl?raw';
export { default as gemmSubgroup } from '../../shaders/gemm_subgroup.wgsl?raw';
export { default as gemmTiled } from '../../shaders/gemm_tiled.wgsl?raw';
export { default as sumsSplit } from '../../shaders/sums_split.wgsl?raw';
