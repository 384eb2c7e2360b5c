import { createReadback, readMapped } from '../gpu/buffers.js';
import type { Value } from '../graph/graph.js';
import { byteLength } from '../tensor.js';
import { clipFrame, type TimeAttention } from './clip_frame.js';
import type { Engine, Lease, Program, ProgramBuilder } from './engine.js';
import type { EstimateUse, Geometry } from './estimate.js';
import type { MapBufferPool } from './map_buffers.js';
import { OwnProgram } from './own_program.js';
import { frameLeft, frameTable, OTHERS, RECALL_SLOT, RECALLED, slotOf } from './video_memory.js';

/** Name in a program of the table of frames. What belongs to an attention has its name there, and its number. */
const TABLE = 'frames';

/** What a frame leaves in one attention, and where it is kept. */
interface Memory {
  readonly rows: GPUBuffer;
  readonly past: GPUBuffer;
  /** What the last place adds to queries, and where that of all places is. */
  readonly query: GPUBuffer;
  readonly queries: GPUBuffer;
  /** Of one frame, and of those of the memories before in what waits. */
  readonly bytes: number;
  readonly offset: number;
}

/**
 * A stream of a network along time: each frame sees 31 of those before it, whose rows lie in inputs of the program.
 * Frames that are seen once more after a while wait in memory of the CPU.
 */
export class VideoStream implements EstimateUse {
  readonly buffers: MapBufferPool;
  readonly #own = new OwnProgram('video');
  readonly #waiting = new Map<number, ArrayBuffer>();
  #frame = 0;
  /** What a frame leaves the GPU through, and the one that is there. */
  #staging: GPUBuffer | undefined;
  #leaving: number | undefined;
  #engine: Engine | undefined;

  constructor(buffers: MapBufferPool) {
    this.buffers = buffers;
  }

  /** Awaited between two frames: takes the rows that have left. @throws as `readMapped` */
  async between(): Promise<void> {
    const [frame, staging, engine] = [this.#leaving, this.#staging, this.#engine];
    this.#leaving = undefined;
    if (frame === undefined || !staging) return;
    try {
      const rows = await readMapped(staging, staging.size);
      if (staging === this.#staging) this.#waiting.set(frame, rows);
    } catch (error) {
      // The next frame opens another device, and is the first one there.
      if (!engine?.gpu.lost) throw error;
    }
  }

  lease(engine: Engine, geometry: Geometry): Lease {
    this.buffers.use(engine.gpu.device);
    const lease = this.#own.lease(engine, geometry, videoBuilder(engine, geometry), () => this.#forget());
    this.#engine = engine;
    // A program that is not compiled yet starts with zeros: a table of no other frames.
    if (lease.ready) this.#see(engine.gpu.device, lease.ready);
    return lease;
  }

  /** Records that the rows of a frame take the place of the oldest of the newest, which goes to wait. */
  after({ gpu: { device } }: Engine, encoder: GPUCommandEncoder, program: Program): void {
    const frame = this.#frame++;
    const memories = memoriesOf(program);
    this.#leaving = frameLeft(frame);
    const size = memories.reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.#leaving !== undefined) this.#staging ??= createReadback(device, size);
    for (const { rows, past, query, queries, bytes, offset } of memories) {
      // The queries of the first frame do not matter.
      if (frame === 0) encoder.copyBufferToBuffer(queries, OTHERS * query.size, query, 0, query.size);
      const at = slotOf(frame) * bytes;
      if (this.#leaving !== undefined) encoder.copyBufferToBuffer(past, at, this.#staging as GPUBuffer, offset, bytes);
      encoder.copyBufferToBuffer(rows, 0, past, at, bytes);
    }
  }

  /** Leaves the program to other streams. */
  end(): void {
    this.#forget();
    this.#own.end();
  }

  #forget(): void {
    this.#frame = 0;
    this.#staging?.destroy();
    this.#staging = this.#leaving = undefined;
    this.#waiting.clear();
  }

  /** Writes which frames the next one sees, and the rows of the one that is seen once more. */
  #see({ queue }: GPUDevice, program: Program): void {
    const { executable, values } = program;
    queue.writeBuffer(executable.buffer(values[TABLE] as Value), 0, frameTable(this.#frame));
    const recalled = this.#frame - RECALLED;
    const waited = this.#waiting.get(recalled);
    if (!waited) return;
    for (const { past, bytes, offset } of memoriesOf(program))
      queue.writeBuffer(past, RECALL_SLOT * bytes, waited, offset, bytes);
    this.#waiting.delete(recalled);
  }
}

function memoriesOf({ executable, values }: Program): Memory[] {
  let offset = 0;
  const memories: Memory[] = [];
  for (let i = 0; values[`rows${i}`]; i++) {
    const buffer = (name: keyof TimeAttention) => executable.buffer(values[`${name}${i}`] as Value);
    const bytes = byteLength((values[`rows${i}`] as Value).type);
    const [rows, past, query, queries] = [buffer('rows'), buffer('past'), buffer('query'), buffer('queries')];
    memories.push({ rows, past, query, queries, bytes, offset });
    offset += bytes;
  }
  return memories;
}

/** An estimate of a frame that sees others, with what it leaves for those after it. */
function videoBuilder(engine: Engine, geometry: Geometry): ProgramBuilder {
  return (graph) => {
    const { maps, frames, attentions } = clipFrame(engine, graph, geometry, OTHERS);
    const rows = attentions.map((each, i) => [`rows${i}`, each.rows]);
    const inputs = attentions.flatMap(({ rows: _kept, ...rest }, i) =>
      Object.entries(rest).map(([name, value]) => [`${name}${i}`, value]),
    );
    return {
      keep: { ...maps, ...Object.fromEntries(rows) },
      inputs: { [TABLE]: frames, ...Object.fromEntries(inputs) },
    };
  };
}
