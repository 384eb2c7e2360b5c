import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import type { DepthTextureFormat } from '../depth/depth_map.js';
import { TEXTURE_FORMATS } from '../depth/write_texture.js';
import type { Engine } from './engine.js';
import { UsageError } from '../errors.js';
import { factorInput, geometryOf, pictureToDepth, programKey, writeFactor, type Geometry } from './estimate.js';
import { watchOf } from './encode_watch.js';
import { BufferUsage, TextureUsage } from '../gpu/buffers.js';
import type { Graph, Value } from '../graph/graph.js';
import { PictureTexture } from '../image/picture.js';
import type { SizeOptions } from '../image/size.js';
import type { Lifetime } from './lifetime.js';
import type { DrawingPart } from '../parts.js';

/** What `encode` reads and writes. */
export interface EncodeTargets extends SizeOptions {
  /** Encoded sRGB, TEXTURE_BINDING usage. */
  readonly source: GPUTexture;
  /**
   * A texture with STORAGE_BINDING usage in `r32float` (values), `rgba16float` or `rgba32float` (nearness in red, value
   * in green), whose size the map takes; or a buffer with COPY_DST usage for f32 values at the source's size.
   */
  readonly target: GPUTexture | GPUBuffer;
  /** Focal length of the camera in pixels of the source, for models that need it. */
  readonly focalLength?: number;
}

const TARGETS: OptionTable<EncodeTargets> = {
  source: null,
  target: null,
  inputSize: null,
  square: null,
  maxSide: null,
  focalLength: 'positive',
};

/** Records one estimate into the caller's encoder; compiles and allocates first when the sizes are new. */
export async function encodeDepth(
  life: Lifetime,
  drawing: DrawingPart,
  encoder: GPUCommandEncoder,
  targets: EncodeTargets,
): Promise<void> {
  life.usable();
  checkOptions(targets, TARGETS, 'run');
  const { source, target, focalLength, ...sizes } = targets;
  checkDevice(life.engine);
  const watch = watchOf(life);
  for (let pending = watch.pending; pending; pending = watch.pending) await pending;
  watch.check();
  const { engine } = life;
  new PictureTexture(engine.gpu).upload(source);
  const { picture, network, between = network } = geometryOf(engine, source, sizes);
  const texture = isTexture(target) ? target : undefined;
  const format = texture ? checkTexture(texture) : undefined;
  const geometry: Geometry = {
    picture,
    network,
    between,
    out: texture ? { width: texture.width, height: texture.height } : picture,
  };
  const bytes = 4 * geometry.out.width * geometry.out.height;
  if (!isTexture(target)) checkBuffer(target, bytes);
  const factor = engine.metreFactor(geometry, focalLength);
  const lease = engine.lease(programKey(`encode ${format ?? 'buffer'}`, geometry), (graph) => {
    const depth = pictureToDepth(engine, graph, geometry);
    if (format) writeTexture(drawing, graph, depth, format, engine);
    return { keep: { depth }, inputs: factorInput(graph) };
  });
  // While it compiles the engine stays, whatever other runs find.
  const leave = lease.ready ? undefined : engine.runs.hold();
  try {
    const program = lease.ready ?? (await life.guard(engine, lease.program));
    const { executable, values } = program;
    writeFactor(engine.gpu.device, encoder, program, factor);
    executable.encode(encoder, { picture: source, ...(texture ? { raw: texture, packed: texture } : {}) });
    const map = executable.buffer(values['depth'] as Value);
    if (!isTexture(target)) encoder.copyBufferToBuffer(map, 0, target, 0, bytes);
    engine.lent = true;
    watch.follow(engine, { executable, map, bytes });
  } finally {
    leave?.();
    lease.release();
  }
}

function writeTexture(
  { depthRange, packDepth, rawDepth }: DrawingPart,
  graph: Graph,
  depth: Value,
  format: DepthTextureFormat,
  { entry: { nearer } }: Engine,
): void {
  if (format === 'r32float') rawDepth(graph, depth);
  else packDepth(graph, depth, depthRange(graph, depth), { span: 'full', nearer, format });
}

function checkDevice({ gpu }: Engine): void {
  if (gpu.owned) {
    throw new UsageError(
      'ENCODE_DEVICE',
      'This model runs on a GPU device of its own, which no encoder of yours belongs to.',
      { hint: 'Load it with your device: loadDepthModel(source, { device }).', phase: 'run' },
    );
  }
  gpu.check('run');
}

function checkTexture({
  label,
  format,
  usage,
  dimension,
  depthOrArrayLayers,
  sampleCount,
}: GPUTexture): DepthTextureFormat {
  const known = TEXTURE_FORMATS.find((name) => name === format);
  if (!known)
    throw new UsageError(
      'TARGET_FORMAT',
      `The target texture "${label}" has the format ${format}; expected one of ${TEXTURE_FORMATS.join(', ')}.`,
      { expected: TEXTURE_FORMATS, actual: format, phase: 'run' },
    );
  if (!(usage & TextureUsage.STORAGE_BINDING))
    throw new UsageError('TARGET_USAGE', `The target texture "${label}" has no STORAGE_BINDING usage.`, {
      expected: TextureUsage.STORAGE_BINDING,
      actual: usage,
      phase: 'run',
    });
  if (dimension !== '2d' || depthOrArrayLayers !== 1 || sampleCount !== 1)
    throw new UsageError(
      'TARGET_TEXTURE',
      `The target texture "${label}" is not a plain 2d texture with one layer and one sample.`,
      { phase: 'run' },
    );
  return known;
}

function checkBuffer({ label, size, usage }: GPUBuffer, bytes: number): void {
  if (!(usage & BufferUsage.COPY_DST))
    throw new UsageError('TARGET_USAGE', `The target buffer "${label}" has no COPY_DST usage.`, {
      expected: BufferUsage.COPY_DST,
      actual: usage,
      phase: 'run',
    });
  if (size < bytes)
    throw new UsageError('TARGET_SIZE', `The target buffer "${label}" has ${size} bytes; the map takes ${bytes}.`, {
      expected: bytes,
      actual: size,
      phase: 'run',
    });
}

function isTexture(target: GPUTexture | GPUBuffer): target is GPUTexture {
  return 'createView' in target;
}
