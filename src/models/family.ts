import type { Value } from '../graph/graph.js';
import type { Convention, Preprocess } from '../image/preprocess.js';
import type { Size, SizeRule } from '../image/size.js';
import type { ResizeFilter } from '../kernels/resize_map.js';
import type { TensorType } from '../tensor.js';
import type { NameRule } from '../weights/names.js';
import type { Weights } from '../weights/weights.js';

/** Inverse depth with a scale and a shift that are unknown and other ones for each picture. */
export interface RelativeInverseDepth {
  readonly kind: 'relative-inverse';
  readonly nearer: 'larger';
  readonly unit: 'none';
}

/** Depth whose scale is unknown and another one for each picture. */
export interface RelativeDepth {
  readonly kind: 'relative';
  readonly nearer: 'smaller';
  readonly unit: 'none';
}

/** Depth in metres. */
export interface MetricDepth {
  readonly kind: 'metric';
  readonly nearer: 'smaller';
  readonly unit: 'metre';
}

/** What the numbers of a depth map are: `kind` says whether nearer things have larger ones, and their unit. */
export type DepthKind = RelativeInverseDepth | RelativeDepth | MetricDepth;

export const RELATIVE_INVERSE: RelativeInverseDepth = { kind: 'relative-inverse', nearer: 'larger', unit: 'none' };
export const RELATIVE: RelativeDepth = { kind: 'relative', nearer: 'smaller', unit: 'none' };
export const METRIC: MetricDepth = { kind: 'metric', nearer: 'smaller', unit: 'metre' };

const KINDS: Readonly<Record<DepthKind['kind'], DepthKind>> = {
  'relative-inverse': RELATIVE_INVERSE,
  relative: RELATIVE,
  metric: METRIC,
};

/** All that a kind of depth says, by its name. */
export function depthKind(kind: DepthKind['kind']): DepthKind {
  return KINDS[kind];
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
  /** `hf:org/repo@revision`, the URL of a release file, or `package:FILE` for a file of the models folder. */
  readonly source: string;
  /** Page to get the original checkpoint from; undefined for what comes with this package. */
  readonly page: string | undefined;
  readonly bytes?: number;
  readonly sha256?: string;
}

/** A file of a release of MiDaS and ZoeDepth on GitHub, whose names are the authors'. */
export function released(repo: 'MiDaS' | 'ZoeDepth', tag: string, file: string): PublishedWeights {
  const releases = `https://github.com/isl-org/${repo}/releases`;
  return { source: `${releases}/download/${tag}/${file}.pt`, page: `${releases}/tag/${tag}` };
}

/** The rules of all DPT models of MiDaS: how their inputs and outputs are made. */
export const DPT = {
  ...RELATIVE_INVERSE,
  licence: { name: 'MIT', permissive: true },
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  output: 'bicubic',
} as const satisfies Partial<ModelEntry>;

export const MIT: Licence = { name: 'MIT', permissive: true };

/** Mean and standard deviation of the pictures of ImageNet, RGB in 0 to 1. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/** One published model. */
export interface ModelEntry<Name extends string = string> {
  readonly kind: DepthKind['kind'];
  readonly nearer: DepthKind['nearer'];
  readonly unit: DepthKind['unit'];
  readonly name: Name;
  /** Names that its authors' tools have for it, which name it as well. */
  readonly aliases: readonly string[];
  readonly title: string;
  /** Id of its family. */
  readonly family: string;
  /** Size within the family, as found in the weights. */
  readonly size: string;
  /** Name of a model whose files look the same: a file that may be either is that one, unless it is named. */
  readonly twin?: string;
  readonly licence: Licence;
  readonly weights: PublishedWeights;
  readonly input: SizeRule;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** How the authors resize the network's map to the picture. */
  readonly output: ResizeFilter;
  /** Whether it sees the frames of a stream together. */
  readonly temporal?: true;
  /** What the network gives beside the depth. */
  readonly beside?: readonly BesideName[];
  /**
   * Metres are the network's depth times F over this, where F is the focal length in pixels of the network's input:
   * the model needs one.
   */
  readonly canonicalFocal?: number;
}

/** What a network is told beside the picture and the weights. */
export interface NetworkContext {
  /** Whose code to reproduce where the authors' and the hub's differ. */
  readonly convention: Convention;
  /** Of a network along time: what it has of other frames where it makes such rows [P,C] of its own, which are kept. */
  readonly remember?: Remember | undefined;
}

/**
 * Rows [slots,P,C] of other frames, the table that says which are where, and what the place of the frame at hand adds
 * to its queries: a row of `queries`.
 */
export type Remember = (rows: Value, along: AlongTime) => Record<'past' | 'frames' | 'query', Value>;

/** What attention along time has beside its rows. */
export interface AlongTime {
  /** Type of the table of frames. */
  readonly table: TensorType;
  /** f32[places,C], a constant. */
  readonly queries: Value;
}

/** What a network gives, by name. */
export interface Outputs {
  /** The raw depth map [H,W], f32. */
  readonly depth: Value;
  /** How sure the network is of the depth [H,W], f32, 0 to 1. */
  readonly confidence?: Value;
  /** How much a pixel is sky [H,W], f32, 0 and up. */
  readonly sky?: Value;
  /**
   * Degrees that the picture spans from top to bottom and from side to side, and two zeros [4], f32. Nodes that only it
   * needs are made when it is read.
   */
  readonly fieldOfView?: Value;
}

/** Names of maps that a network may give beside the depth. */
export type BesideName = Exclude<keyof Outputs, 'depth' | 'fieldOfView'>;

/** A network on a normalised picture [H,W,4]. */
export type Network = (picture: Value, weights: Weights, context: NetworkContext) => Outputs;

/**
 * `original`: names of the authors' checkpoint; `hub`: names of the transformers library; `chunked`: those of an
 * encoder whose blocks are in chunks, as training code writes them.
 */
export type NameStyle = 'original' | 'hub' | 'chunked';

/** How to tell that a file is of a family, and of which size. */
export interface Mark {
  readonly nameStyle: NameStyle;
  /** A tensor that only this family has. */
  readonly tensor: RegExp;
  /** The metadata entry `model` of the file, where only that tells two sizes apart. */
  readonly label?: string;
  /** The published size: a string where there is one, else by some dimensions of a tensor, as in `'3972,16'`. */
  readonly size:
    | string
    | { readonly tensor: string; readonly dims: readonly number[]; readonly sizes: Readonly<Record<string, string>> };
}

/** A family whose files are told from others. */
export interface KnownFamily {
  readonly id: string;
  readonly title: string;
  /** Tried in this order. */
  readonly marks: readonly Mark[];
  /** Tried before other families, as its files bear the mark of one of them too. */
  readonly first?: true;
}

/** A family of models that can be run. What every page holds of it is what tells files and models from others. */
export interface Family<Entry extends ModelEntry = ModelEntry> extends KnownFamily {
  /** Its published models; of those that are free for every use, the better ones come first. */
  readonly entries: readonly Entry[];
  /** Fetches the rest, of which a page gets that of one family only. */
  code(): Promise<FamilyCode<Entry>>;
}

/** What is needed of a family to load one of its files. */
export interface FamilyCode<Entry extends ModelEntry = ModelEntry> {
  /** Names of the hub's files, and chunked ones, → names of the original checkpoint; empty where there are none. */
  readonly hubNames: readonly NameRule[];
  /** Names, in the original spelling, of tensors that files hold and the network never reads. */
  readonly leftAside: readonly RegExp[];
  /**
   * Which of the entries that a file's tensors leave open its `config.json` on the hub means.
   * @param config the parsed file
   * @param source its URL, for messages
   * @throws ModelMismatchError `MODEL_CONFIG` when it is of another kind of model, or does not say
   */
  configured?<Some extends Entry>(entries: readonly Some[], config: unknown, source: string): readonly Some[];
  /** The preprocessing of the authors' code, where it is not that of MiDaS; nobody else has another. */
  readonly preprocess?: Preprocess;
  /** Metres of a network with a `canonicalFocal`: its depth times a factor f32[4], of which the first value counts. */
  metres?(depth: Value, factor: Value): Value;
  /**
   * That factor.
   * @param sizes of the picture, and of the network's input
   * @param focalLength in pixels of the picture
   * @throws UsageError `OPTION_FOCAL_LENGTH` where there is none
   */
  metreFactor?(
    entry: Entry,
    sizes: { readonly picture: Size; readonly network: Size },
    focalLength: number | undefined,
  ): number | undefined;
  /** How often the network is run for one map, unless once. */
  readonly runs?: number;
  /** The network of an entry. */
  network(entry: Entry): Network;
}
