import { checkOptions } from '../arguments/check_options.js';
import { DeviceLostError, UsageError } from '../errors.js';
import { METRES } from './estimate.js';
import { explainRefusal, findFault, foreignEncoder, isForeign, refusalOf, type Given } from './encode_faults.js';
import { EncodeParts, type Inputs } from './encode_parts.js';
import { encodeGeometry, leaseEncode, INPUTS } from './encode_program.js';
import {
  inputOf,
  isTexture,
  outputOf,
  passOf,
  TARGETS,
  UNIFORM_BYTES,
  type Input,
  type EncodeInto,
  type EncodeTargets,
} from './encode_targets.js';
import { projectionOf } from './projection.js';
import { watchOf } from './encode_watch.js';
import type { Value } from '../graph/graph.js';
import type { Engine, Program } from './engine.js';
import type { Lifetime } from './lifetime.js';
import type { DrawingPart } from '../parts.js';

/** Records one estimate into the caller's encoder or pass; compiles and allocates first when the sizes are new. */
export async function encodeDepth(
  life: Lifetime,
  drawing: DrawingPart,
  into: EncodeInto,
  targets: EncodeTargets,
): Promise<void> {
  checkOptions(targets, TARGETS, 'run');
  const { source, sourceSize, target, focalLength, projection, range, uniforms, ...sizes } = targets;
  life.usable();
  checkLoss(life.engine);
  const watch = watchOf(life);
  for (let pending = watch.pending; pending; pending = watch.pending) await pending;
  watch.check();
  const { engine } = life;
  passOf(into);
  const input = inputOf(source, sourceSize);
  const output = outputOf({ target, range, uniforms }, input.size, into);
  const geometry = encodeGeometry(engine, input.size, output, sizes);
  const factor = engine.metreFactor(geometry, focalLength);
  const inputs: Inputs = {
    ...(factor !== undefined && { [METRES]: [factor] }),
    ...(output.format === 'depth32float' && { [INPUTS.projection]: projectionOf(projection, engine.entry.kind) }),
    // The rest of it stays 0.
    ...(output.range && { [INPUTS.range]: output.range.slice(0, 4) }),
  };
  const lease = leaseEncode(engine, drawing, output, geometry);
  const given: Given = { into, input, output };
  const { device } = engine.gpu;
  const ready = (lease.ready?.beside as EncodeParts | undefined)?.reads(input.copied) ? lease.ready : undefined;
  // While it compiles the engine stays, whatever other runs find.
  const leave = ready ? undefined : engine.runs.hold();
  try {
    if (!ready) checkLasting(input);
    const program = ready ?? (await life.guard(engine, readyProgram(life, engine, lease.program, given)));
    const map = program.executable.buffer(program.values['depth'] as Value);
    const fault = faultOf(device, given, () => record(program, given, map, inputs));
    engine.lent = true;
    watch.follow(engine, { executable: program.executable, map, bytes: bytesOf(given) });
    // A call that has recorded at once does not wait for what the device says of it.
    if (ready) void watch.refuse(engine, fault);
    else if (await fault) throw (await fault) as Error;
  } finally {
    leave?.();
    lease.release();
  }
}

function checkLoss({ gpu }: Engine): void {
  if (gpu.lost && gpu.owned)
    throw new DeviceLostError('DEVICE_LOST', 'The GPU device of the model was lost, and your encoder with it.', {
      hint: 'Await model.prepare, which opens another one, and take model.device again.',
      phase: 'run',
      retryable: true,
    });
  gpu.check('run');
}

/** A program that was not at hand, after what the caller gave was tried out. @throws UsageError `ENCODE_*` */
async function readyProgram(life: Lifetime, engine: Engine, opening: Promise<Program>, given: Given): Promise<Program> {
  opening.catch(() => undefined);
  const fault = await findFault(engine.gpu.device, given);
  if (fault) throw fault;
  const program = await opening;
  const parts = await EncodeParts.of(engine, program, given.output);
  await parts.copySources(engine.gpu, given.input);
  // What came after the program was freed is freed by nobody else.
  if (life.over) parts.dispose();
  return program;
}

/** @throws UsageError `OPTION_SOURCE` for a source that is gone once something was waited for */
function checkLasting({ copied }: Input): void {
  if (copied !== 'external') return;
  throw new UsageError('OPTION_SOURCE', 'The external texture would be gone before its program is compiled.', {
    hint: 'Await model.prepare({ width, height, target, source }) first, and import the texture after it.',
    phase: 'run',
  });
}

/**
 * Records at once, and tells what is wrong with what it was recorded into.
 * @param calls gives the pass that it has ended
 */
async function faultOf(
  device: GPUDevice,
  given: Given,
  calls: () => GPUComputePassEncoder | undefined,
): Promise<UsageError | undefined> {
  let foreign: Promise<boolean> | undefined;
  const cause = await refusalOf(device, () => {
    const ended = calls();
    foreign = ended && isForeign(device, ended);
  });
  if (cause) return explainRefusal(device, given, cause);
  return (await foreign) ? foreignEncoder(given.into) : undefined;
}

/** @returns the pass, where it was begun and ended here */
function record(
  { executable, values, beside }: Program,
  given: Given,
  map: GPUBuffer,
  inputs: Inputs,
): GPUComputePassEncoder | undefined {
  const { into, input, output } = given;
  const { target, uniforms } = output;
  const facts = uniforms && executable.buffer(values['uniforms'] as Value);
  const parts = beside as EncodeParts;
  const outer = passOf(into);
  const encoder = into as GPUCommandEncoder;
  const pass = outer ?? encoder.beginComputePass({ label: 'depthwise' });
  parts.write(pass, inputs);
  const written = parts.rendering?.values ?? (isTexture(target) ? target : undefined);
  executable.record(pass, {
    picture: parts.read(pass, input),
    ...(written && { raw: written, packed: written, projected: written }),
  });
  if (outer && !isTexture(target)) parts.copy(outer, map, target, bytesOf(given));
  if (outer && facts) parts.copy(outer, facts, uniforms, UNIFORM_BYTES);
  if (outer) return undefined;
  pass.end();
  if (facts) encoder.copyBufferToBuffer(facts, 0, uniforms, 0, UNIFORM_BYTES);
  parts.rendering?.encode(encoder, target as GPUTexture);
  if (!isTexture(target)) encoder.copyBufferToBuffer(map, 0, target, 0, bytesOf(given));
  return pass;
}

/** Of the map. */
function bytesOf({ output: { size } }: Given): number {
  return 4 * size.width * size.height;
}
