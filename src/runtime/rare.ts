// What few pages use, behind the door `rare` of parts.ts.
export * from '../kernels/cpu_texts.js';
export { depthBlob } from '../depth/depth_blob.js';
export { writeTexture } from '../depth/write_texture.js';
export { encodePng } from '../depth/formats/png.js';
export { withJfif } from '../image/jfif.js';
export { fileFocalLength } from '../image/file_focal.js';
export { fetchHubConfig } from '../weights/fetch/hub_fetch.js';
export { resume } from '../weights/fetch/resume.js';
export { missingTensors, surplusTensors, zeroWeights } from '../weights/misfit.js';
export { checkAnswers } from './answers.js';
export { leaseDoubted } from './doubt.js';
export { encodeDepth } from './encode.js';
export { outOfHalfRange } from './half_range.js';
export { MemoryBudget } from './memory_budget.js';
export { profileEstimate } from './profile.js';
export { runNetwork } from './raw_network.js';
export { streamDepth } from './stream.js';
export { variantOf } from './variant.js';
