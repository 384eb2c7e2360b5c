import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { checkPictureSize, type Size, type SizeOptions } from '../image/size.js';
import type { DrawingPart } from '../parts.js';
import { EncodeParts } from './encode_parts.js';
import { encodeGeometry, leaseEncode } from './encode_program.js';
import { inputOf, isExternal, outputOf, type EncodeTargets, type Input, type Output } from './encode_targets.js';
import type { Engine, Program } from './engine.js';
import { leaseDoubted } from './doubt.js';
import { geometryOfSize, leaseEstimate, needsDoubt } from './estimate.js';
import type { Lifetime } from './lifetime.js';

/** What is got ready: runs on pictures of a size, in pixels. */
export interface PrepareOptions extends Size, SizeOptions {
  /** What `encode` will write; without one, `estimate` is got ready. */
  readonly target?: EncodeTargets['target'];
  /** What `encode` will read, where it is an external texture, also one that has expired, or of an sRGB format. */
  readonly source?: EncodeTargets['source'];
  /** As in `encode`; which numbers it has does not matter. */
  readonly range?: EncodeTargets['range'];
  /** As in `encode`. */
  readonly uniforms?: GPUBuffer;
  /** As in `estimate`. */
  readonly size?: 'picture' | 'network';
  readonly confidence?: boolean;
  readonly signal?: AbortSignal;
}

const PREPARE_OPTIONS: OptionTable<PrepareOptions> = {
  width: null,
  height: null,
  target: null,
  source: null,
  range: null,
  uniforms: null,
  size: ['picture', 'network'],
  confidence: [true, false],
  inputSize: null,
  square: null,
  maxSide: null,
  signal: 'signal',
};

/** See `DepthModel.prepare`. */
export async function prepareRuns(life: Lifetime, drawing: DrawingPart, options: PrepareOptions): Promise<void> {
  checkOptions(options, PREPARE_OPTIONS, 'run');
  const { width, height, target, source, range, uniforms, confidence, signal, ...sizes } = options;
  const found = life.ready(signal);
  const engine = found instanceof Promise ? await found : found;
  checkPictureSize(width, height);
  const picture = { width, height };
  const output = target && outputOf({ target, range, uniforms }, picture);
  const input = source && inputOf(source, isExternal(source) ? picture : undefined);
  const lease = output
    ? leaseEncode(engine, drawing, output, encodeGeometry(engine, picture, output, sizes))
    : leaseFor(engine.entry, confidence)(engine, geometryOfSize(engine, picture, sizes));
  // While it compiles the engine stays, whatever other runs find.
  const leave = engine.runs.hold();
  try {
    const program = await life.guard(engine, lease.program, signal);
    if (output) await life.guard(engine, partsOf(engine, program, output, input), signal);
  } finally {
    leave();
    lease.release();
  }
}

function leaseFor(entry: Engine['entry'], confidence = false): typeof leaseEstimate {
  return needsDoubt(entry, { confidence }) ? leaseDoubted : leaseEstimate;
}

async function partsOf(engine: Engine, program: Program, output: Output, input: Input | undefined): Promise<void> {
  const parts = await EncodeParts.of(engine, program, output);
  if (input) await parts.copySources(engine.gpu, input);
}
