/**
 * Depth from one picture, on the GPU. WebGPU's own types come from TypeScript's lib `DOM` (TypeScript 6 or newer). An
 * older compiler needs `"types": ["@webgpu/types"]`. A newer one takes them only with `"skipLibCheck": true`, as both
 * declare the same names; they alone have the constants, such as `GPUTextureUsage`.
 * @example
 * ```ts
 * import { loadDepthModel } from 'depthwise';
 *
 * const model = await loadDepthModel('depth-anything-v2-small');
 * const depth = await model.estimate(image);
 * await depth.draw(canvas);
 * model.dispose();
 * ```
 * @packageDocumentation
 */

import type { ModelName } from './models/families/index.js';
import type { DepthKind } from './models/family.js';
import { registry } from './models/registry.js';

export {
  DepthMap,
  type DepthMapOnGpu,
  type DepthFileFormat,
  type DepthRange,
  type DepthTextureFormat,
  type DrawOptions,
  type ValueRange,
} from './depth/depth_map.js';
export {
  DepthModel,
  loadDepthModel,
  type DepthProjection,
  type EncodeInto,
  type EncodeTargets,
  type EstimateOptions,
  type EstimatePlan,
  type ModelFacts,
  type ModelInfo,
  type PrepareOptions,
  type ProfileStep,
  type StreamOptions,
  type StreamSource,
} from './runtime/depth_model.js';
export type { LoadOptions, ModelSource } from './runtime/load.js';
export type { ErrorCode } from './error_codes.js';
export {
  CacheError,
  DepthFileError,
  DepthwiseError,
  DeviceLostError,
  DisposedError,
  GpuUnavailableError,
  ImageError,
  IntegrityError,
  InternalError,
  LicenseError,
  LimitError,
  ModelMismatchError,
  NetworkError,
  OutOfMemoryError,
  ShaderError,
  TimeoutError,
  UsageError,
  WeightsFormatError,
  type ErrorDetails,
  type Phase,
} from './errors.js';
export { adapterName, type AdapterSummary } from './gpu/gpu.js';
export type { SideMap } from './depth/side_map.js';
export type { ColormapName } from './depth/colormaps.js';
export type { DepthSemantics, StoredNumbers } from './depth/formats/depth_semantics.js';
export type { PictureSource, ReadyPicture } from './image/picture.js';
export type { RawPicture } from './image/pixels.js';
export type { Convention } from './image/preprocess.js';
export type { Size, SizeOptions } from './image/size.js';
export type { Span } from './kernels/colorize.js';
export type { ModelName } from './models/families/index.js';
export type { BesideName, DepthKind, MetricDepth, RelativeDepth, RelativeInverseDepth } from './models/family.js';
export type { Precision } from './runtime/precision.js';
export type { Warning } from './warnings.js';
export type {
  CachedFile,
  CachedWeights,
  CachedWeightsId,
  CacheWriter,
  ListedCache,
  Origin,
  Validators,
  WeightsCache,
} from './weights/cache/cache.js';
export type { ByteSource, Expected } from './weights/fetch/byte_source.js';
export type { CheckpointSource } from './weights/fetch/checkpoint_options.js';
export type { DownloadProgress, LoadProgress } from './weights/fetch/progress.js';
export type { Hasher } from './weights/fetch/sha256.js';
export { clearCachedWeights, listCachedWeights } from './weights/cache/kept_weights.js';

/** A model that `loadDepthModel` knows by name. */
export interface DepthModelSummary {
  readonly name: ModelName;
  readonly title: string;
  readonly family: string;
  readonly size: string;
  readonly licence: string;
  /** Whether the weights are fetched without `acceptLicense`. */
  readonly permissive: boolean;
  readonly kind: DepthKind['kind'];
  /** Names of its authors' tools, by which it is loaded as well: `dpt_hybrid_384`. */
  readonly aliases: readonly string[];
  /**
   * Where the weights come from: `hf:org/repo@revision`, or the URL of a release file on GitHub, which no page can
   * fetch: there the file is passed as `weights`. `package:FILE` is this package's export `depthwise/FILE`: Node finds
   * it, and a page passes its address as `weights`.
   */
  readonly source: string;
  /** Where the original checkpoint is published; undefined for what comes with this package. */
  readonly page: string | undefined;
}

/**
 * Every model that can be loaded by name; the better ones that are free for every use come first.
 * @example
 * ```ts
 * const free = depthModels.filter(({ permissive }) => permissive).map(({ name }) => name);
 * ```
 */
export const depthModels: readonly DepthModelSummary[] = registry.map(
  ({ name, aliases, title, family, size, licence, kind, weights }) => ({
    name,
    aliases,
    title,
    family,
    size,
    licence: licence.name,
    permissive: licence.permissive,
    kind,
    source: weights.source,
    page: weights.page,
  }),
);
