import { allocating, BufferUsage, readBuffer, submitRead } from '../gpu/buffers.js';
import { submit, type Recorder } from '../gpu/scoped.js';
import type { Executable } from '../graph/executor.js';
import type { Value } from '../graph/graph.js';
import { PictureTexture, type ReadyPicture } from '../image/picture.js';
import { LINE, windowBlend } from '../kernels/window_blend.js';
import { parts } from '../parts.js';
import { byteLength } from '../tensor.js';
import { clipFrame, type TimeAttention } from './clip_frame.js';
import type { Engine, Program, ProgramBuilder } from './engine.js';
import type { Geometry } from './estimate.js';
import type { Lifetime } from './lifetime.js';
import { OwnProgram } from './own_program.js';
import { nextSlots, WINDOW } from './window_frames.js';
import { cutStages, stageGraph, type Stage } from './window_stages.js';

/** Bytes of the table of one frame. */
const TABLE_BYTES = 4 * (4 + WINDOW);
const STATE_USAGE = BufferUsage.COPY_SRC | BufferUsage.COPY_DST;

/** The graph of a frame of a window, and its stages. */
interface Plan {
  readonly stages: readonly Stage[];
  readonly attentions: readonly TimeAttention[];
  readonly frames: Value;
  /** The map of the window before, scale and shift, and what comes of them. */
  readonly last: Value;
  readonly line: Value;
  readonly y: Value;
}

/** A stage that is compiled. Its buffers go by the values of the whole graph. */
interface Compiled extends Stage {
  readonly executable: Executable;
  readonly buffer: (value: Value) => GPUBuffer;
}

/** Where something of each frame is: in slots, one behind the other. */
interface Kept {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** A window of frames on the GPU: each stage of the network runs on all of them before the next one does. */
export class WindowRun {
  readonly engine: Engine;
  readonly #life: Lifetime;
  readonly #signal: AbortSignal | undefined;
  readonly #own: readonly OwnProgram[];
  readonly #plan: Plan;
  readonly #stages: readonly Compiled[];
  readonly #state: ReadonlyMap<number, Kept>;
  /** Buffers of the state that are no program's; the first holds a table for each position. */
  readonly #buffers: readonly GPUBuffer[];
  readonly #picture: PictureTexture;
  readonly #release: () => void;
  #slots: readonly number[] = [];

  private constructor(life: Lifetime, engine: Engine, signal: AbortSignal | undefined, made: Made) {
    this.engine = engine;
    this.#life = life;
    this.#signal = signal;
    [this.#own, this.#plan, this.#stages, this.#state, this.#buffers] = [
      made.own,
      made.plan,
      made.stages,
      made.state,
      made.buffers,
    ];
    this.#picture = new PictureTexture(engine.gpu);
    // An engine that another one takes the place of stays until the clip is over.
    this.#release = engine.runs.hold();
  }

  /** @throws LimitError, OutOfMemoryError; errors of `Lifetime.guard` */
  static async open(life: Lifetime, engine: Engine, geometry: Geometry, signal?: AbortSignal): Promise<WindowRun> {
    const own: OwnProgram[] = [];
    try {
      const made = await life.guard(engine, make(engine, geometry, own), signal);
      return new WindowRun(life, engine, signal, made);
    } catch (error) {
      for (const each of own) each.end();
      throw error;
    }
  }

  /** Begins the first window, or one that inherits frames of the window before. */
  begin(): void {
    this.#slots = nextSlots(this.#slots.length > 0 ? this.#slots : undefined);
    const tables = Uint32Array.from({ length: WINDOW }, (_, position) => position);
    const all = [...tables].flatMap((position) => [WINDOW - 1, position, 0, 0, ...this.#slots]);
    this.engine.gpu.device.queue.writeBuffer(this.#buffers[0] as GPUBuffer, 0, Uint32Array.from(all));
  }

  /** Runs what is of a frame alone. */
  async encode(picture: ReadyPicture, position: number): Promise<void> {
    await this.#run((encoder, cut) => {
      const taken = this.#picture.upload(picture);
      this.#record(0, position, encoder, { cut, picture: taken });
    });
  }

  /** Puts the frame that was encoded last at a position too. */
  async repeat(position: number): Promise<void> {
    await this.#run((encoder) => this.#keep(0, position, encoder));
  }

  /** Runs all stages but the last on every frame. @throws LimitError `LIMIT_F16_RANGE` */
  async attend(): Promise<void> {
    for (let stage = 1; stage < this.#stages.length - 1; stage++)
      await this.#run((encoder, cut) => {
        let last = encoder;
        for (let position = 0; position < WINDOW; position++) {
          if (position > 0) last = cut();
          last = this.#record(stage, position, last, { cut });
        }
      });
    await this.#checkRange();
  }

  /**
   * Makes the map of a frame, of the size of the picture.
   * @param line scale and shift of the map, and its part beside that of the window before
   * @param to takes it
   * @param last the map of the window before, with a part below 1
   * @throws LimitError `LIMIT_F16_RANGE`, ModelMismatchError `MODEL_FLAT`
   */
  async map(position: number, line: readonly [number, number, number], to: GPUBuffer, last?: GPUBuffer): Promise<void> {
    const { engine } = this;
    const plan = this.#plan;
    const { executable, buffer } = this.#stages.at(-1) as Compiled;
    const look = engine.looks.look(executable);
    try {
      await this.#run((encoder, cut) => {
        engine.gpu.device.queue.writeBuffer(buffer(plan.line), 0, Float32Array.of(...line, 0));
        if (last) encoder.copyBufferToBuffer(last, 0, buffer(plan.last), 0, to.size);
        look?.begin(encoder);
        const end = this.#record(this.#stages.length - 1, position, encoder, { cut });
        end.copyBufferToBuffer(buffer(plan.y), 0, to, 0, to.size);
        look?.end(end, to, to.size);
      });
      const found = await this.#life.guard(engine, Promise.resolve(look?.found()), this.#signal);
      if (!found) return;
      const rare = await parts.rare();
      if (found === 'overflow') throw rare.outOfHalfRange(engine.entry.name);
      await this.#life.until(rare.checkAnswers(this.#life, engine), this.#signal);
    } finally {
      look?.dispose();
    }
  }

  /** The values of a map. */
  async read(map: GPUBuffer): Promise<Float32Array> {
    const read = readBuffer(this.engine.gpu.device, map, map.size);
    return new Float32Array(await this.#life.guard(this.engine, read, this.#signal));
  }

  /** Bytes on the GPU that are kept of frames. */
  get bytes(): number {
    return [...this.#state.values()].reduce((sum, { bytes }) => sum + WINDOW * bytes, 0);
  }

  /** Leaves the programs to other clips. */
  end(): void {
    for (const each of this.#own) each.end();
    for (const buffer of this.#buffers) buffer.destroy();
    this.#picture.dispose();
    this.#release();
  }

  /** Records a stage on the frame at a position. */
  #record(
    index: number,
    position: number,
    encoder: GPUCommandEncoder,
    { cut, picture }: { readonly cut: () => GPUCommandEncoder; readonly picture?: GPUTexture },
  ): GPUCommandEncoder {
    const { executable, takes, attentions, buffer } = this.#stages[index] as Compiled;
    const slot = this.#slots[position] as number;
    for (const value of takes) {
      const { buffer: from, bytes } = this.#state.get(value.id) as Kept;
      encoder.copyBufferToBuffer(from, slot * bytes, buffer(value), 0, bytes);
    }
    for (const number of attentions) {
      const { query, queries } = this.#plan.attentions[number] as TimeAttention;
      const bytes = byteLength(query.type);
      encoder.copyBufferToBuffer(buffer(queries), position * bytes, buffer(query), 0, bytes);
    }
    const [tables] = this.#buffers as readonly [GPUBuffer];
    if (attentions.length > 0)
      encoder.copyBufferToBuffer(tables, position * TABLE_BYTES, buffer(this.#plan.frames), 0, TABLE_BYTES);
    const end = executable.encode(encoder, picture ? { picture } : {}, { cut });
    this.#keep(index, position, end);
    return end;
  }

  /** Records that what a stage has made goes where that of a position is kept. */
  #keep(index: number, position: number, encoder: GPUCommandEncoder): void {
    const { leaves, buffer } = this.#stages[index] as Compiled;
    for (const value of leaves) {
      const { buffer: to, bytes } = this.#state.get(value.id) as Kept;
      encoder.copyBufferToBuffer(buffer(value), 0, to, (this.#slots[position] as number) * bytes, bytes);
    }
  }

  async #run(record: Recorder): Promise<void> {
    const { engine } = this;
    const turn = engine.runs.take();
    try {
      if (turn.wait) await this.#life.guard(engine, turn.wait, this.#signal);
      const work = submit(engine.gpu, { what: 'a window of frames', phase: 'run' }, record);
      turn.during(work);
      await this.#life.guard(engine, work, this.#signal);
    } finally {
      turn.end();
    }
  }

  /** Whether a kernel cut a value off, of the runs since this was asked last. */
  async #checkRange(): Promise<void> {
    const { gpu, entry } = this.engine;
    const flags = this.#stages.slice(0, -1).flatMap(({ executable: { overflow } }) => overflow ?? []);
    if (flags.length === 0) return;
    const scratch = this.#buffers[1] as GPUBuffer;
    const read = submitRead(gpu, 4 * flags.length, (encoder) => {
      for (const [i, flag] of flags.entries()) {
        encoder.copyBufferToBuffer(flag, 0, scratch, 4 * i, 4);
        encoder.clearBuffer(flag, 0, 4);
      }
      return scratch;
    });
    const found = new Uint32Array(await this.#life.guard(this.engine, read, this.#signal));
    if (found.some((flag) => flag !== 0)) throw (await parts.rare()).outOfHalfRange(entry.name);
  }
}

/** What a window is run with. */
interface Made {
  readonly own: readonly OwnProgram[];
  readonly plan: Plan;
  readonly stages: readonly Compiled[];
  readonly state: ReadonlyMap<number, Kept>;
  readonly buffers: readonly GPUBuffer[];
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

async function make(engine: Engine, geometry: Geometry, own: OwnProgram[]): Promise<Made> {
  const { build, ...plan } = planOf(engine, geometry);
  const programs = plan.stages.map((stage, i) => {
    const program = new OwnProgram(`window ${i}`);
    own.push(program);
    const lease = program.lease(engine, geometry, build(stage), () => undefined);
    return lease.program.finally(() => lease.release());
  });
  const stages = (await Promise.all(programs)).map((program, i) => compiled(plan.stages[i] as Stage, program));
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
  const buffers = await allocating(device, 'a window of frames', bytes, () => {
    // Another clip may have left them set.
    const encoder = device.createCommandEncoder();
    for (const { executable } of stages) if (executable.overflow) encoder.clearBuffer(executable.overflow, 0, 4);
    device.queue.submit([encoder.finish()]);
    return sizes.map((size) => device.createBuffer({ label: 'window', size, usage: STATE_USAGE }));
  });
  const [, , ...others] = buffers;
  const state = new Map(
    left.map(({ id, type }) => {
      const buffer = rows.get(id) ?? (others[apart.findIndex((value) => value.id === id)] as GPUBuffer);
      return [id, { buffer, bytes: byteLength(type) }];
    }),
  );
  return { own, plan, stages, state, buffers };
}

function compiled(stage: Stage, { executable, values }: Program): Compiled {
  return { ...stage, executable, buffer: ({ id }) => executable.buffer(values[id] as Value) };
}
