import type { ParseArgsConfig } from 'node:util';

/** One option as the parser takes it and as the help shows it. */
interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

/** Every option, in the order and groups of the help. */
export const OPTIONS = {
  Model: {
    model: { type: 'string', short: 'm', value: 'NAME', help: 'model by name; `depthwise models` lists them' },
    weights: {
      type: 'string',
      value: 'SOURCE',
      help: 'weights (safetensors or .pt): a file, URL, or hf:org/repo@revision',
    },
    'accept-license': { type: 'boolean', help: 'accept the terms of weights that are not free for every use' },
    cache: { type: 'string', value: 'DIR', help: 'keep downloaded weights in DIR' },
    precision: { type: 'string', value: 'P', help: 'auto (default), f32 or f16 storage' },
    'flip-average': { type: 'boolean', help: 'mean with the map of the flipped picture, for twice the time' },
    'memory-budget': {
      type: 'string',
      value: 'MB',
      help: 'most that weights and activations may take on the GPU, in MB',
    },
    adapter: { type: 'string', value: 'NAME', help: 'GPU to use, by a part of its name; `depthwise info` lists them' },
  },
  Input: {
    'input-size': { type: 'string', value: 'N', help: "side the network sees, in pixels, in place of the model's own" },
    size: {
      type: 'string',
      value: 'S',
      help: 'size of the map: picture (default), or network, which is smaller',
    },
    'focal-length': {
      type: 'string',
      value: 'PX',
      help: 'focal length in pixels of the picture, in place of EXIF or estimate',
    },
    square: { type: 'boolean', help: 'squash pictures to a square instead of keeping their shape' },
    hub: { type: 'boolean', help: 'resize and position embedding as the transformers library has them' },
  },
  Output: {
    output: {
      type: 'string',
      short: 'o',
      value: 'PATH',
      help: 'folder, or NAME.png, NAME.mp4 for a video, - for standard output',
    },
    colormap: { type: 'string', value: 'NAME', help: 'inferno (default), spectral_r, turbo, viridis, magma or gray' },
    grayscale: { type: 'boolean', help: 'grey picture instead of a coloured one' },
    invert: { type: 'boolean', help: 'the last colour for the farthest; data files keep their values' },
    span: { type: 'string', value: 'S', help: 'values the colours span: full (default), or percentiles, 2nd to 98th' },
    'skip-existing': { type: 'boolean', help: 'leave out pictures whose files are all there' },
    shard: { type: 'string', value: 'I/N', help: 'the I-th of N parts of the pictures, told by their paths' },
    side: { type: 'boolean', help: 'photograph and depth side by side' },
    png16: { type: 'boolean', help: 'also NAME-16bit.png and NAME.json; value = offset + scale * code' },
    pfm: { type: 'boolean', help: 'also NAME.pfm, the values as f32, and NAME.json' },
    confidence: {
      type: 'boolean',
      help: 'also NAME-confidence.png, white where sure; up to four more runs',
    },
    sky: { type: 'boolean', help: 'also NAME-sky.png, white where there is sky' },
    npy: { type: 'boolean', help: 'also NAME.npy, the values as f32 [H,W], and NAME.json' },
  },
  'Picture in 3-D': {
    ply: { type: 'boolean', help: 'also NAME.ply, coloured points' },
    glb: { type: 'boolean', help: 'also NAME.glb, a mesh with the picture on it' },
    exr: { type: 'boolean', help: 'also NAME.exr, channel Z: metres, or 1 (nearest) to 8 (farthest)' },
    normals: { type: 'boolean', help: 'also NAME-normals.png, x right, y up, z towards the camera' },
    stereo: {
      type: 'string',
      value: 'S',
      help: 'also NAME-S.jpg, a pair: sbs, half-sbs, tb, vr180, or anaglyph (.png)',
    },
    view: { type: 'string', value: 'Y,P,Z', help: 'also NAME-view.png: yaw and pitch in degrees, and zoom: 5,2,1.2' },
    'without-sky': { type: 'boolean', help: 'leave the sky out of these files, of models that tell it' },
  },
  Video: {
    steady: { type: 'boolean', help: 'hold the depth still where the picture is' },
    codec: { type: 'string', value: 'C', help: 'h264 (default), vp9 or av1' },
    frames: { type: 'string', value: 'F', help: 'a folder of frames in place of a video: png16 or exr' },
  },
  'Raw tensors': {
    tensor: { type: 'string', value: 'IN.npy', help: 'network input, f32 [1,3,H,W], already normalised' },
    'out-tensor': { type: 'string', value: 'OUT.npy', help: 'network output as it is, f32 [H,W]' },
  },
  General: {
    json: { type: 'boolean', help: 'one line of JSON per picture, with its memory on the GPU, or video' },
    quiet: { type: 'boolean', short: 'q', help: 'errors only' },
    help: { type: 'boolean', short: 'h', help: 'this text' },
    version: { type: 'boolean', short: 'V', help: 'version number' },
  },
} as const satisfies Record<string, Record<string, Option>>;

const MODELS = {
  type: 'string',
  value: 'A,B',
  help: 'several models, in place of --model: NAME or NAME=WEIGHTS each',
} as const;

/** Options of `depthwise eval`, beside those that choose the model. */
const EVALUATION = {
  data: {
    type: 'string',
    value: 'DIR',
    help: 'pictures with NAME.pfm, .npy or NAME-depth.png, or a public benchmark',
  },
  truth: { type: 'string', value: 'KIND', help: 'what those hold: depth or inverse; without it, what depth.json says' },
  protocol: { type: 'string', value: 'NAME', help: 'scores a public benchmark so, in place of its own protocol' },
  video: { type: 'boolean', help: 'a folder is a clip: scores what flickers and drifts' },
  steady: { type: 'boolean', help: 'with --video: scores depth that is held still' },
  confidence: { type: 'boolean', help: 'also AUSE: how well confidence tells where the errors are' },
  json: { type: 'string', value: 'FILE', help: 'write every score as JSON' },
  suite: { type: 'string', value: 'NAME', help: 'failures: renders what models find hard, and writes a page into -o' },
  seed: { type: 'string', value: 'N', help: 'with --suite: other pictures of the same questions, of this seed' },
  models: MODELS,
} as const satisfies Record<string, Option>;

/** Options of `depthwise convert`. */
const CONVERSION = {
  f16: { type: 'boolean', help: 'store halves in place of f32: half the size' },
} as const satisfies Record<string, Option>;

/** All options of `depthwise convert` for node:util's parseArgs. */
export const CONVERSION_OPTIONS = {
  ...CONVERSION,
  quiet: OPTIONS.General.quiet,
  help: OPTIONS.General.help,
} satisfies NonNullable<ParseArgsConfig['options']>;

/** All options of `depthwise eval` for node:util's parseArgs. */
export const EVALUATION_OPTIONS = {
  ...OPTIONS.Model,
  ...EVALUATION,
  output: OPTIONS.Output.output,
  'focal-length': OPTIONS.Input['focal-length'],
  hub: OPTIONS.Input.hub,
  quiet: OPTIONS.General.quiet,
  help: OPTIONS.General.help,
} satisfies NonNullable<ParseArgsConfig['options']>;

const { model: _model, weights: _weights, ...ONTO } = OPTIONS.Model;

/** All options of `depthwise compare` for node:util's parseArgs. */
export const COMPARISON_OPTIONS = {
  ...ONTO,
  models: MODELS,
  output: OPTIONS.Output.output,
  'input-size': OPTIONS.Input['input-size'],
  'focal-length': OPTIONS.Input['focal-length'],
  hub: OPTIONS.Input.hub,
  quiet: OPTIONS.General.quiet,
  help: OPTIONS.General.help,
} satisfies NonNullable<ParseArgsConfig['options']>;

/** All other options for node:util's parseArgs. */
export const PARSER_OPTIONS = {
  ...OPTIONS.Model,
  ...OPTIONS.Input,
  ...OPTIONS.Output,
  ...OPTIONS['Picture in 3-D'],
  ...OPTIONS.Video,
  ...OPTIONS['Raw tensors'],
  ...OPTIONS.General,
} satisfies NonNullable<ParseArgsConfig['options']>;

/** How other depth tools spell what is written differently here. */
export const FOREIGN_SPELLINGS: Readonly<Record<string, string>> = {
  input_path: 'file and folder names without an option',
  'img-path': 'file and folder names without an option',
  output_path: '--output',
  outdir: '--output',
  savepath: '--output',
  model_type: '--model',
  encoder: '--model',
  model_weights: '--weights',
  height: '--input-size',
  optimize: '--precision f16',
  'save-numpy': '--npy',
  'pred-only': 'no option: the depth alone is the default',
};

const USAGE = `Depth from photographs and videos.

Usage:
  depthwise [options] PICTURE|FOLDER...      photo.jpg gives photo-<model>.png beside it
  depthwise [options] VIDEO                  clip.mp4 gives clip-<model>.mp4, with its sound
  depthwise [options] --tensor IN.npy --out-tensor OUT.npy
  depthwise eval [options] --data DIR        scores of a model against true depth
  depthwise eval --suite failures -o DIR     what models find hard, and how they do, as a page
  depthwise compare --models A,B PHOTOS -o DIR   models over the same pictures, as a page
  depthwise convert IN OUT.safetensors       a .pt or any other file of weights as safetensors
  depthwise info                             GPUs, their limits and features
  depthwise models                           models, their depth, input and licences
  depthwise cache [list|clear]               downloaded weights that are kept
`;

const NOTES = `
Without --model and --weights it is the best model free for every use that was downloaded before,
or else nano, which is small and comes with depthwise.

A picture called - is read from standard input and drawn to standard output, unless -o names
a place. No input is ever written over: two pictures that would share a name, as a.jpg and
a.png do, get it with their extension, a-jpg-<model>.png.

JPEG, PNG, WebP, TIFF, GIF, AVIF and PPM are read. Folders are searched to the bottom, and
-o repeats their tree. Files that are not pictures are passed over with a warning; hidden
files and what depthwise wrote, silently; the latter also where a glob names it.

Videos are read and written by ffmpeg, which has to be installed. One range of values for the
whole clip, from a look at 16 frames of it, takes the colours. What is stopped goes on where it
was with the same command.

Exit codes: 0 all done, 1 something failed or was passed over, 2 the command line makes no sense.
`;

/** The text of --help. */
export function helpText(): string {
  const groups = Object.entries({
    ...OPTIONS,
    'Evaluation (eval)': EVALUATION,
    'Conversion (convert)': CONVERSION,
  }).map(
    ([title, options]) =>
      `\n${title}:\n${Object.entries(options)
        .map(([name, option]) => helpLine(name, option))
        .join('')}`,
  );
  return `${USAGE}${groups.join('')}${NOTES}`;
}

function helpLine(name: string, { short, value, help }: Option): string {
  const spelling = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
  return `  ${spelling.padEnd(27)} ${help}\n`;
}
