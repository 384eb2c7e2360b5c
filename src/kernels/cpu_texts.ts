/** The WGSL of kernels made for the subgroups of CPU adapters, behind the door `rare` of parts.ts. */
export { default as attention } from '../../shaders/attention_subgroup.wgsl?raw';
export { default as conv2d } from '../../shaders/conv2d_subgroup.wgsl?raw';
export { default as convTile } from '../../shaders/conv_subgroup.wgsl?raw';
export { default as depthwise } from '../../shaders/depthwise_subgroup.wgsl?raw';
export { default as gemmLayerNorm } from '../../shaders/gemm_layer_norm_subgroup.wgsl?raw';
export { default as head } from '../../shaders/head_subgroup.wgsl?raw';
export { default as pointwise } from '../../shaders/pointwise_subgroup.wgsl?raw';
export { default as separable } from '../../shaders/separable_subgroup.wgsl?raw';
