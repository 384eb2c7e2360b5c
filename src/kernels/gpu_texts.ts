/** The WGSL of kernels that only GPUs run, of all models, behind the door `gpu` of parts.ts. */
export { default as conv2dTiled } from '../../shaders/conv2d_tiled.wgsl?raw';
export { default as convTiled } from '../../shaders/conv_tiled.wgsl?raw';
export { default as gemmSubgroup } from '../../shaders/gemm_subgroup.wgsl?raw';
export { default as gemmTiled } from '../../shaders/gemm_tiled.wgsl?raw';
export { default as headTiled } from '../../shaders/head_tiled.wgsl?raw';
export { default as sumsSplit } from '../../shaders/sums_split.wgsl?raw';
