import type { Value } from '../graph/graph.js';
import type { SizeRule } from '../image/size.js';
import type { ResizeFilter } from '../kernels/resize_map.js';
import type { Family } from '../weights/architecture.js';
import type { NameMap } from '../weights/names.js';
import type { SafetensorsHeader } from '../weights/format/safetensors.js';
import type { Weights } from '../weights/weights.js';
import type { DepthAnythingSize } from './families/depth_anything.js';
import type { PositionRule } from './encoders/position_embedding.js';

/** What the numbers of a depth map are. */
export interface DepthKind {
  /** Relative inverse depth has an unknown scale and shift per picture; metric depth is in metres. */
  readonly kind: 'relative-inverse' | 'metric';
  readonly nearer: 'larger' | 'smaller';
  readonly unit: 'none' | 'metre';
}

/** Terms the weights come under. */
export interface Licence {
  /** SPDX identifier, or a plain statement where none was given. */
  readonly name: string;
  /** Free for every use; otherwise weights are fetched only when the caller accepts the licence. */
  readonly permissive: boolean;
}

/** Where weights are published. */
export interface PublishedWeights {
  /**
   * `hf:org/repo@revision`, or `package:FILE` for a file of this package's models folder; undefined where nobody
   * publishes safetensors.
   */
  readonly source: string | undefined;
  /** Page to get the original checkpoint from; undefined for what comes with this package. */
  readonly page: string | undefined;
  readonly bytes?: number;
  readonly sha256?: string;
}

/** A network on a normalised picture [H,W,4]. */
export type Network = (picture: Value, weights: Weights, positions: PositionRule) => Value;

/** The code of a model. */
export interface ModelCode {
  readonly network: Network;
  /** Translates names of a file that has others than the authors' checkpoint. @throws as `mapNames` */
  readonly names?: (header: SafetensorsHeader, source: string) => NameMap;
  /** Names, in the original spelling, of tensors that files hold and the network never reads. */
  readonly leftAside: readonly RegExp[];
}

/** One published model. */
export interface ModelEntry extends DepthKind {
  readonly name: string;
  readonly title: string;
  readonly family: Family;
  /** Size within the family, as found in the weights. */
  readonly size: string;
  readonly licence: Licence;
  readonly weights: PublishedWeights;
  readonly input: SizeRule;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** How the authors resize the network's map to the picture. */
  readonly output: ResizeFilter;
  /** Fetches the code: pages get that of one family only. */
  readonly code: () => Promise<ModelCode>;
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const RELATIVE_INVERSE: DepthKind = { kind: 'relative-inverse', nearer: 'larger', unit: 'none' };
const METRIC: DepthKind = { kind: 'metric', nearer: 'smaller', unit: 'metre' };
const APACHE: Licence = { name: 'Apache-2.0', permissive: true };
const NON_COMMERCIAL: Licence = { name: 'CC-BY-NC-4.0', permissive: false };
/** The cards of the metric models name no licence. */
const UNSTATED: Licence = { name: 'not stated by the authors', permissive: false };

const depthAnythingInput: SizeRule = { width: 518, height: 518, multiple: 14, keepAspect: true, method: 'lower_bound' };

/**
 * The one file whose commit, length and SHA-256 are known; the others are fetched from the head of their repository.
 */
const V2_SMALL: PublishedWeights = {
  source: 'hf:depth-anything/Depth-Anything-V2-Small-hf@5426e4f0f36572d16453bbda7a8389317b1bef99',
  page: 'https://huggingface.co/depth-anything/Depth-Anything-V2-Small-hf',
  bytes: 99173660,
  sha256: '3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70',
};

function hub(repo: string): PublishedWeights {
  return { source: `hf:${repo}@main`, page: `https://huggingface.co/${repo}` };
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function depthAnythingEntry(
  version: 'v1' | 'v2',
  size: DepthAnythingSize,
  metric?: { readonly scene: 'indoor' | 'outdoor'; readonly maxDepth: number },
): ModelEntry {
  const Size = capitalize(size);
  const scene = metric && capitalize(metric.scene);
  const repo =
    version === 'v1'
      ? `LiheYoung/depth-anything-${size}-hf`
      : `depth-anything/Depth-Anything-V2-${scene ? `Metric-${scene}-` : ''}${Size}-hf`;
  const nonCommercial = version === 'v2' && size !== 'small';
  return {
    name: `depth-anything-${version}-${metric ? `metric-${metric.scene}-` : ''}${size}`,
    title: `Depth Anything ${version.toUpperCase()}${scene ? ` metric ${metric.scene}` : ''} ${size}`,
    family: 'depth-anything',
    size,
    ...(metric ? METRIC : RELATIVE_INVERSE),
    licence: metric ? UNSTATED : nonCommercial ? NON_COMMERCIAL : APACHE,
    weights: version === 'v2' && size === 'small' && !metric ? V2_SMALL : hub(repo),
    input: depthAnythingInput,
    ...IMAGENET,
    output: version === 'v1' ? 'bilinear' : 'bilinear-align-corners',
    async code() {
      const { depthAnything, depthAnythingConfig, depthAnythingNames, leftAside } =
        await import('./families/depth_anything.js');
      const config = depthAnythingConfig(size, version, metric?.maxDepth);
      return {
        network: (picture, weights, positions) => depthAnything(picture, weights, config, positions),
        names: depthAnythingNames,
        leftAside,
      };
    },
  };
}

const midasSmallEntry: ModelEntry = {
  name: 'midas-v2.1-small',
  title: 'MiDaS v2.1 small',
  family: 'midas-v21-small',
  size: 'small',
  ...RELATIVE_INVERSE,
  licence: { name: 'MIT', permissive: true },
  weights: { source: undefined, page: 'https://github.com/isl-org/MiDaS/releases/tag/v2_1' },
  input: { width: 256, height: 256, multiple: 32, keepAspect: true, method: 'upper_bound' },
  ...IMAGENET,
  output: 'bicubic',
  async code() {
    const { midasSmall, leftAside } = await import('./families/midas_small.js');
    return { network: midasSmall, leftAside };
  },
};

/** MiDaS small at reduced widths, trained by tools/nano on rendered scenes. */
const nanoEntry: ModelEntry = {
  ...midasSmallEntry,
  name: 'nano',
  title: 'Nano',
  size: 'nano',
  weights: { source: 'package:nano.safetensors', page: undefined },
};

const SIZES = ['small', 'base', 'large'] as const;
const SCENES = [
  { scene: 'indoor', maxDepth: 20 },
  { scene: 'outdoor', maxDepth: 80 },
] as const;

/** Every model that can be loaded by name; of those that are free for every use, the better ones come first. */
export const registry: readonly ModelEntry[] = [
  ...SIZES.map((size) => depthAnythingEntry('v2', size)),
  ...SIZES.map((size) => depthAnythingEntry('v1', size)),
  ...SCENES.flatMap((metric) => SIZES.map((size) => depthAnythingEntry('v2', size, metric))),
  midasSmallEntry,
  nanoEntry,
];
