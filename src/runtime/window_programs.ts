import { allocating, BufferUsage } from '../gpu/buffers.js';
import type { Executable } from '../graph/executor.js';
import type { Value } from '../graph/graph.js';
import { LINE, windowBlend } from '../kernels/window_blend.js';
import { byteLength } from '../tensor.js';
import { clipFrame, type TimeAttention } from './clip_frame.js';
import type { Engine, Program, ProgramBuilder } from './engine.js';
import type { Geometry } from './estimate.js';
import { OwnProgram } from './own_program.js';
import { WINDOW } from './window_frames.js';
import { cutStages, stageGraph, type Stage } from './window_stages.js';

/** Bytes of the table of one frame. */
export const TABLE_BYTES = 4 * (4 + WINDOW);
const STATE_USAGE = BufferUsage.COPY_SRC | BufferUsage.COPY_DST;

/** The graph of a frame of a window, and its stages. */
export interface Plan {
  readonly stages: readonly Stage[];
  readonly attentions: readonly TimeAttention[];
  readonly frames: Value;
  /** The map of the window before, scale and shift, and what comes of them. */
  readonly last: Value;
  readonly line: Value;
  readonly y: Value;
}

/** A stage that is compiled. Its buffers go by the values of the whole graph. */
export interface Compiled extends Stage {
  readonly executable: Executable;
  readonly buffer: (value: Value) => GPUBuffer;
}

/** Where something of each frame is: in slots, one behind the other. */
export interface Kept {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** What a window is run with. */
export interface WindowPrograms {
  readonly own: readonly OwnProgram[];
  readonly plan: Plan;
  readonly stages: readonly Compiled[];
  readonly state: ReadonlyMap<number, Kept>;
  /** A table of frames for each position. */
  readonly tables: GPUBuffer;
  /** Takes the flags of all stages. */
  readonly flags: GPUBuffer;
  /** Frees all that is no program's. */
  readonly free: () => void;
}

function planOf(engine: Engine, geometry: Geometry): Plan & { readonly build: (stage: Stage) => ProgramBuilder } {
  const whole = engine.graph();
  const { maps, frames, attentions } = clipFrame(engine, whole, geometry, WINDOW);
  const depth = maps['depth'] as Value;
  const [last, line] = [whole.input('last', depth.type), whole.input('line', LINE)];
  const { y } = whole.apply(windowBlend, { depth, last, line }, {});
  const stages = cutStages(whole, attentions, [y]);
  const build =
    (stage: Stage): ProgramBuilder =>
    (graph) => {
      const counterpart = stageGraph(stage, whole, graph);
      const named = (values: readonly Value[]) =>
        Object.fromEntries(values.map((value) => [value.id, counterpart(value)]));
      const here = stage.attentions.flatMap((number) => {
        const { past, query, queries } = attentions[number] as TimeAttention;
        return [frames, past, query, queries];
      });
      const ends = stage === stages.at(-1);
      return {
        keep: named([...stage.leaves, ...(ends ? [y] : [])]),
        inputs: named([...stage.takes, ...here, ...(ends ? [last, line] : [])]),
      };
    };
  return { stages, attentions, frames, last, line, y, build };
}

/** Compiles the stages of a window of a size, and makes what they keep; programs go into `own`. */
export async function makeWindow(engine: Engine, geometry: Geometry, own: OwnProgram[]): Promise<WindowPrograms> {
  const { build, ...plan } = planOf(engine, geometry);
  const programs = plan.stages.map((stage, i) => {
    const program = new OwnProgram(`window ${i}`);
    own.push(program);
    const lease = program.lease(engine, geometry, build(stage), () => undefined);
    return lease.program.finally(() => lease.release());
  });
  const stages = (await Promise.all(programs)).map((program, i) => compiled(plan.stages[i] as Stage, program));
  return { own, plan, stages, ...(await makeState(engine, plan, stages)) };
}

type State = Pick<WindowPrograms, 'state' | 'tables' | 'flags' | 'free'>;

/** Makes what is kept of frames: rows where attention reads them, and the rest in buffers of their own. */
async function makeState(engine: Engine, plan: Plan, stages: readonly Compiled[]): Promise<State> {
  const rows = new Map(
    stages.flatMap((stage) =>
      stage.attentions.map((number) => {
        const attention = plan.attentions[number] as TimeAttention;
        return [attention.rows.id, stage.buffer(attention.past)] as const;
      }),
    ),
  );
  const left = [...new Map(stages.flatMap(({ leaves }) => leaves.map((value) => [value.id, value]))).values()];
  const apart = left.filter(({ id }) => !rows.has(id));
  const sizes = [WINDOW * TABLE_BYTES, 4 * stages.length, ...apart.map(({ type }) => WINDOW * byteLength(type))];
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const { device } = engine.gpu;
  const giveBack = engine.claim(bytes);
  const made = allocating(device, 'a window of frames', bytes, () => {
    // Another clip may have left them set.
    const encoder = device.createCommandEncoder();
    for (const { executable } of stages) if (executable.overflow) encoder.clearBuffer(executable.overflow, 0, 4);
    device.queue.submit([encoder.finish()]);
    return sizes.map((size) => device.createBuffer({ label: 'window', size, usage: STATE_USAGE }));
  });
  const buffers = await made.catch((error: unknown) => {
    giveBack?.();
    throw error;
  });
  const free = () => {
    for (const buffer of buffers) buffer.destroy();
    giveBack?.();
  };
  const [tables, flags, ...others] = buffers as [GPUBuffer, GPUBuffer, ...GPUBuffer[]];
  const state = new Map(
    left.map(({ id, type }) => {
      const buffer = rows.get(id) ?? (others[apart.findIndex((value) => value.id === id)] as GPUBuffer);
      return [id, { buffer, bytes: byteLength(type) }];
    }),
  );
  return { state, tables, flags, free };
}

function compiled(stage: Stage, { executable, values }: Program): Compiled {
  return { ...stage, executable, buffer: ({ id }) => executable.buffer(values[id] as Value) };
}
