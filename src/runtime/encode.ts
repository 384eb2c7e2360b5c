import type { Engine } from './engine.js';
import { UsageError } from '../errors.js';
import { writeFactor } from './estimate.js';
import { encodeGeometry, leaseEncode } from './encode_program.js';
import { isTexture, outputOf, type EncodeTargets } from './encode_targets.js';
import { watchOf } from './encode_watch.js';
import type { Value } from '../graph/graph.js';
import { pictureSize, PictureTexture } from '../image/picture.js';
import type { Lifetime } from './lifetime.js';
import type { DrawingPart } from '../parts.js';

/** Records one estimate into the caller's encoder; compiles and allocates first when the sizes are new. */
export async function encodeDepth(
  life: Lifetime,
  drawing: DrawingPart,
  encoder: GPUCommandEncoder,
  { source, target, focalLength, ...sizes }: EncodeTargets,
): Promise<void> {
  life.usable();
  checkDevice(life.engine);
  const watch = watchOf(life);
  for (let pending = watch.pending; pending; pending = watch.pending) await pending;
  watch.check();
  const { engine } = life;
  new PictureTexture(engine.gpu).upload(source);
  const picture = pictureSize(source);
  const output = outputOf(target, picture);
  const geometry = encodeGeometry(engine, picture, output, sizes);
  const bytes = 4 * geometry.out.width * geometry.out.height;
  const factor = engine.metreFactor(geometry, focalLength);
  const lease = leaseEncode(engine, drawing, output, geometry);
  // While it compiles the engine stays, whatever other runs find.
  const leave = lease.ready ? undefined : engine.runs.hold();
  try {
    const program = lease.ready ?? (await life.guard(engine, lease.program));
    const { executable, values } = program;
    writeFactor(engine.gpu.device, encoder, program, factor);
    executable.encode(encoder, { picture: source, ...(isTexture(target) && { raw: target, packed: target }) });
    const map = executable.buffer(values['depth'] as Value);
    if (!isTexture(target)) encoder.copyBufferToBuffer(map, 0, target, 0, bytes);
    engine.lent = true;
    watch.follow(engine, { executable, map, bytes });
  } finally {
    leave?.();
    lease.release();
  }
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
