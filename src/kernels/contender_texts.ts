/** The files of kernels that no rule chooses on a GPU, but that contend there: they come in with tuning. */
export { default as gemmSubgroup } from '../../shaders/gemm_subgroup.wgsl?raw';
export { default as winograd } from '../../shaders/conv2d_winograd.wgsl?raw';
