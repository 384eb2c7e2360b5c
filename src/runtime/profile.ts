import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import type { Lease } from './engine.js';
import { UsageError } from '../errors.js';
import { geometryOfSize, leaseEstimate } from './estimate.js';
import { scoped, submit } from '../gpu/scoped.js';
import { PassTimer } from '../gpu/timing.js';
import { typesOf } from '../graph/graph.js';
import { PictureTexture } from '../image/picture.js';
import type { Size, SizeOptions } from '../image/size.js';
import type { Lifetime } from './lifetime.js';

/** Time of one dispatch. */
export interface ProfileStep {
  readonly label: string;
  readonly op: string;
  readonly milliseconds: number;
  readonly flops: number;
}

const SIZES: OptionTable<SizeOptions> = { inputSize: null, square: null, maxSide: null };

/** Times every dispatch of one estimate of a black picture. @throws UsageError `GPU_NO_TIMESTAMPS` */
export async function profileEstimate(life: Lifetime, picture: Size, sizes: SizeOptions): Promise<ProfileStep[]> {
  checkOptions(sizes, SIZES, 'run');
  const { width, height } = picture ?? {};
  const found = life.ready();
  const engine = found instanceof Promise ? await found : found;
  const { gpu } = engine;
  if (!gpu.device.features.has('timestamp-query'))
    throw new UsageError('GPU_NO_TIMESTAMPS', 'This device has no timestamp-query.', { phase: 'run' });
  const geometry = geometryOfSize(engine, { width, height }, sizes);
  const turn = engine.runs.take();
  const own = new PictureTexture(gpu);
  let lease: Lease | undefined;
  let timer: PassTimer | undefined;
  try {
    if (turn.wait) await life.guard(engine, turn.wait);
    lease = leaseEstimate(engine, geometry);
    const { executable } = await life.guard(engine, lease.program);
    const passes = await life.guard(
      engine,
      scoped(
        gpu.device,
        { what: 'timestamps', phase: 'run' },
        () => (timer = new PassTimer(gpu.device, executable.dispatches)),
      ),
    );
    await life.guard(
      engine,
      submit(gpu, { what: 'a profile', phase: 'run' }, (encoder) => {
        const timestamps = (pass: number) => passes.writes(pass);
        const source = { data: new Uint8Array(4 * width * height), width, height };
        executable.encode(encoder, { picture: own.upload(source) }, { passEach: true, timestamps });
        passes.resolve(encoder);
      }),
    );
    const times = await life.guard(engine, passes.read());
    return executable.nodes.map(({ label, op, inputs, attrs, outputs }, i) => ({
      label,
      op: op.name,
      milliseconds: times[i] as number,
      flops: op.cost(typesOf(inputs), attrs, typesOf(outputs)).flops,
    }));
  } finally {
    timer?.dispose();
    own.dispose();
    lease?.release();
    turn.end();
  }
}
