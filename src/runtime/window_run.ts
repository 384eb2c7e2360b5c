import { readBuffer, submitRead } from '../gpu/buffers.js';
import { submit, type Recorder } from '../gpu/scoped.js';
import { PictureTexture, type ReadyPicture } from '../image/picture.js';
import { parts } from '../parts.js';
import { byteLength } from '../tensor.js';
import type { TimeAttention } from './clip_frame.js';
import type { Engine } from './engine.js';
import type { Geometry } from './estimate.js';
import type { Lifetime } from './lifetime.js';
import type { OwnProgram } from './own_program.js';
import { nextSlots, WINDOW } from './window_frames.js';
import { makeWindow, TABLE_BYTES, type Compiled, type Kept, type WindowPrograms } from './window_programs.js';

/** A window of frames on the GPU: each stage of the network runs on all of them before the next one does. */
export class WindowRun {
  readonly engine: Engine;
  readonly #life: Lifetime;
  readonly #signal: AbortSignal | undefined;
  readonly #programs: WindowPrograms;
  readonly #picture: PictureTexture;
  readonly #release: () => void;
  #slots: readonly number[] = [];

  private constructor(life: Lifetime, engine: Engine, signal: AbortSignal | undefined, programs: WindowPrograms) {
    this.engine = engine;
    this.#life = life;
    this.#signal = signal;
    this.#programs = programs;
    this.#picture = new PictureTexture(engine.gpu);
    // An engine that another one takes the place of stays until the clip is over.
    this.#release = engine.runs.hold();
  }

  /** @throws LimitError, OutOfMemoryError; errors of `Lifetime.guard` */
  static async open(life: Lifetime, engine: Engine, geometry: Geometry, signal?: AbortSignal): Promise<WindowRun> {
    const own: OwnProgram[] = [];
    const making = makeWindow(engine, geometry, own);
    try {
      return new WindowRun(life, engine, signal, await life.guard(engine, making, signal));
    } catch (error) {
      for (const each of own) each.end();
      // What is given up is made to its end.
      void making.then(({ free }) => free(), Boolean);
      throw error;
    }
  }

  /** Begins the first window, or one that inherits frames of the window before. */
  begin(): void {
    this.#slots = nextSlots(this.#slots.length > 0 ? this.#slots : undefined);
    const tables = this.#slots.flatMap((_, position) => [WINDOW - 1, position, 0, 0, ...this.#slots]);
    this.engine.gpu.device.queue.writeBuffer(this.#programs.tables, 0, Uint32Array.from(tables));
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
    for (let stage = 1; stage < this.#programs.stages.length - 1; stage++)
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
    const plan = this.#programs.plan;
    const { executable, buffer } = this.#programs.stages.at(-1) as Compiled;
    const look = engine.looks.look(executable);
    try {
      await this.#run((encoder, cut) => {
        engine.gpu.device.queue.writeBuffer(buffer(plan.line), 0, Float32Array.of(...line, 0));
        if (last) encoder.copyBufferToBuffer(last, 0, buffer(plan.last), 0, to.size);
        look?.begin(encoder);
        const end = this.#record(this.#programs.stages.length - 1, position, encoder, { cut });
        end.copyBufferToBuffer(buffer(plan.y), 0, to, 0, to.size);
        look?.end(end, to, to.size);
      });
      const found = await this.#life.guard(engine, Promise.resolve(look?.found()), this.#signal);
      if (!found) return;
      if (found === 'overflow') return await this.#endInHalf();
      await this.#life.until((await parts.rare()).checkAnswers(this.#life, engine), this.#signal);
    } finally {
      look?.dispose();
    }
  }

  /** The values of a map. */
  async read(map: GPUBuffer): Promise<Float32Array> {
    const read = readBuffer(this.engine.gpu.device, map, map.size);
    return new Float32Array(await this.#life.guard(this.engine, read, this.#signal));
  }

  /** Leaves the programs to other clips. */
  end(): void {
    for (const each of this.#programs.own) each.end();
    this.#programs.free();
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
    const { executable, takes, attentions, buffer } = this.#programs.stages[index] as Compiled;
    const slot = this.#slots[position] as number;
    for (const value of takes) {
      const { buffer: from, bytes } = this.#programs.state.get(value.id) as Kept;
      encoder.copyBufferToBuffer(from, slot * bytes, buffer(value), 0, bytes);
    }
    for (const number of attentions) {
      const { query, queries } = this.#programs.plan.attentions[number] as TimeAttention;
      const bytes = byteLength(query.type);
      encoder.copyBufferToBuffer(buffer(queries), position * bytes, buffer(query), 0, bytes);
    }
    if (attentions.length > 0)
      encoder.copyBufferToBuffer(
        this.#programs.tables,
        position * TABLE_BYTES,
        buffer(this.#programs.plan.frames),
        0,
        TABLE_BYTES,
      );
    const end = executable.encode(encoder, picture ? { picture } : {}, { cut });
    this.#keep(index, position, end);
    return end;
  }

  /** Records that what a stage has made goes where that of a position is kept. */
  #keep(index: number, position: number, encoder: GPUCommandEncoder): void {
    const { leaves, buffer } = this.#programs.stages[index] as Compiled;
    for (const value of leaves) {
      const { buffer: to, bytes } = this.#programs.state.get(value.id) as Kept;
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
    const { gpu } = this.engine;
    const flags = this.#programs.stages.slice(0, -1).flatMap(({ executable: { overflow } }) => overflow ?? []);
    if (flags.length === 0) return;
    const scratch = this.#programs.flags;
    const read = submitRead(gpu, 4 * flags.length, (encoder) => {
      for (const [i, flag] of flags.entries()) {
        encoder.copyBufferToBuffer(flag, 0, scratch, 4 * i, 4);
        encoder.clearBuffer(flag, 0, 4);
      }
      return scratch;
    });
    const found = new Uint32Array(await this.#life.guard(this.engine, read, this.#signal));
    if (found.some((flag) => flag !== 0)) await this.#endInHalf();
  }

  /** The frames of the window are gone, so it cannot be run again; the next clip is in f32 where that may be. */
  async #endInHalf(): Promise<never> {
    await this.#life.inFull(this.engine, this.#signal);
    const hint = 'The model has gone on to f32: stream the clip again.';
    throw (await parts.rare()).outOfHalfRange(this.engine.entry.name, hint);
  }
}
