import { optionFault } from '../arguments/check_options.js';
import { ImageError, LimitError, UsageError } from '../errors.js';

/** How a model wants its input sized: the `Resize` rule shared by MiDaS and Depth Anything. */
export interface SizeRule {
  /** Sides aimed at, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Both sides of the result are multiples of this. */
  readonly multiple: number;
  /** Whether one scale serves both sides; otherwise the picture is stretched to the target. */
  readonly keepAspect: boolean;
  /**
   * Whether the input must cover the target, stay within it, or change the scale of the picture least. `longest_side`
   * resizes twice, as Depth Anything 3 does: the longest side to the target, then both to the nearest multiples.
   */
  readonly method: 'lower_bound' | 'upper_bound' | 'minimal' | 'longest_side';
  /** Whether pictures longer than 16:9 get a smaller target, which bounds their area. */
  readonly narrowed?: true;
  /** `mirrored`: a border of mirrored pixels belongs to the picture, and the map is cut to what is inside of it. */
  readonly border?: 'mirrored';
  /** Whether the network takes no other size: pictures are stretched to it. */
  readonly fixed?: true;
}

/** What a caller may change about a rule. */
export interface SizeOptions {
  /** Both target sides instead of the rule's own, in pixels. */
  readonly inputSize?: number;
  /** Stretches to the target instead of keeping the aspect ratio. */
  readonly square?: boolean;
  /** Longest network side accepted, in pixels; 8,192 unless given. */
  readonly maxSide?: number;
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const MAX_SIDE = 8192;

/**
 * Rows above and below a picture and columns on both sides that a rule adds: 3·√(side/2), rounded down, as ZoeDepth has
 * it, and fewer than there are to mirror. Undefined where it adds none.
 */
export function borderOf({ border }: SizeRule, { width, height }: Size): [rows: number, columns: number] | undefined {
  const of = (side: number) => Math.min(Math.floor(Math.sqrt(side / 2) * 3), side - 1);
  return border && [of(height), of(width)];
}

/**
 * Size of the network input for a picture, equal to the published `Resize` class (isl-org/MiDaS, midas/transforms.py)
 * except that a side never rounds down to zero. The rules bound one side only: a long, thin picture makes an input as
 * long and thin.
 * @throws ImageError `IMAGE_SIZE`, LimitError `LIMIT_INPUT`, UsageError `OPTION_INPUT_SIZE`.
 */
export function networkSize(rule: SizeRule, width: number, height: number, options: SizeOptions = {}): Size {
  const { maxSide = MAX_SIDE } = options;
  const first = firstSize(rule, width, height, options);
  const nearest = (pixels: number) => Math.max(1, Math.floor(pixels / rule.multiple + 0.5)) * rule.multiple;
  const size = rule.method === 'longest_side' ? { width: nearest(first.width), height: nearest(first.height) } : first;
  const longest = Math.max(size.width, size.height);
  if (longest <= maxSide) return size;
  throw new LimitError(
    'LIMIT_INPUT',
    `A ${width}x${height} picture makes a network input of ${size.width}x${size.height}; the ` +
      `longest side accepted is ${maxSide}.`,
    {
      limit: 'maxSide',
      expected: maxSide,
      actual: longest,
      phase: 'image',
      hint: 'Crop the picture, choose a smaller input size, or drop the aspect ratio with `square`.',
    },
  );
}

/** What a picture is resized to first: the size of the input, but for `longest_side`. @throws as `networkSize` */
export function firstSize(
  rule: SizeRule,
  width: number,
  height: number,
  { inputSize, square = false }: SizeOptions = {},
): Size {
  checkPictureSize(width, height);
  if (inputSize !== undefined && !isSide(inputSize)) {
    throw optionFault('inputSize', 'inputSize', inputSize, 'a positive whole number of pixels', 'image');
  }
  if (rule.fixed && inputSize !== undefined && inputSize !== rule.width) {
    throw new UsageError(
      'OPTION_INPUT_SIZE',
      `The input size is ${inputSize}; this network takes ${rule.width}x${rule.height} pixels and no other size.`,
      {
        expected: rule.width,
        actual: inputSize,
        phase: 'image',
        hint: 'Leave the input size out: pictures are stretched.',
      },
    );
  }
  const [rows, columns] = borderOf(rule, { width, height }) ?? [0, 0];
  [width, height] = [width + 2 * columns, height + 2 * rows];
  const aim = (side: number) => (rule.narrowed ? narrowed(side, rule.multiple, width, height) : side);
  const target = { width: aim(inputSize ?? rule.width), height: aim(inputSize ?? rule.height) };
  let [scaleX, scaleY] = [target.width / width, target.height / height];
  if (rule.keepAspect && !square) scaleX = scaleY = commonScale(rule.method, scaleX, scaleY);
  return { width: side(rule, scaleX * width, target.width), height: side(rule, scaleY * height, target.height) };
}

/** The target of a picture as Video Depth Anything has it: of one past 16:9 as if its longer side were that of 16:9. */
function narrowed(target: number, multiple: number, width: number, height: number): number {
  const ratio = Math.max(width, height) / Math.min(width, height);
  return ratio > 1.78 ? roundHalfEven(Math.floor((target * 1.777) / ratio) / multiple) * multiple : target;
}

/** Throws ImageError `IMAGE_SIZE` unless both sides are positive whole numbers. */
export function checkPictureSize(width: number, height: number): void {
  if (isSide(width) && isSide(height)) return;
  throw new ImageError('IMAGE_SIZE', `The picture is ${width}x${height}; expected positive whole numbers of pixels.`, {
    actual: [width, height],
  });
}

function isSide(pixels: number): boolean {
  return Number.isSafeInteger(pixels) && pixels > 0;
}

function commonScale(method: SizeRule['method'], x: number, y: number): number {
  if (method === 'lower_bound') return Math.max(x, y);
  if (method === 'upper_bound' || method === 'longest_side') return Math.min(x, y);
  return Math.abs(1 - x) < Math.abs(1 - y) ? x : y;
}

function side({ method, multiple }: SizeRule, pixels: number, target: number): number {
  if (method === 'longest_side') return Math.max(1, roundHalfEven(pixels));
  let count = roundHalfEven(pixels / multiple);
  if (method === 'upper_bound' && count * multiple > target) count = Math.floor(pixels / multiple);
  if (method === 'lower_bound' && count * multiple < target) count = Math.ceil(pixels / multiple);
  return Math.max(1, count) * multiple;
}

/** Rounds as numpy and Python do: halves go to the even neighbour. */
function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
