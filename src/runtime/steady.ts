import type { DrawingCache } from '../depth/drawing_cache.js';
import type { MapBuffers } from '../depth/depth_map.js';
import type { RangedDrawings } from '../depth/ranged_drawings.js';
import { BufferUsage, readBuffer } from '../gpu/buffers.js';
import type { Graph, Value } from '../graph/graph.js';
import { FIT, steadyBlend, steadyFit, steadyLuma, steadyMotion } from '../kernels/steady.js';
import { depthKind } from '../models/family.js';
import { byteLength } from '../tensor.js';
import type { Engine, Lease, Program, ProgramBuilder } from './engine.js';
import { factorInput, inUnit, mapsOf, networkInput, type EstimateUse, type Geometry } from './estimate.js';
import type { MapBufferPool } from './map_buffers.js';
import { OwnProgram } from './own_program.js';

export { VideoStream } from './video.js';
export { windowedDepth } from './windowed.js';

/** What a stream keeps from map to map, and the output that becomes it, by name. */
const STATE = { last: 'y', last_luma: 'luma', last_fit: 'fit' } as const;
type State = Record<keyof typeof STATE, Value>;
type Kept = Record<(typeof STATE)[keyof typeof STATE], Value>;
/** Of the range in a fit. */
const RANGE_BYTES = 32;

/** How a stream goes on where another one ended. */
export interface SteadyState {
  /** What `save` of the other gave. */
  readonly from?: Uint8Array | undefined;
  /** What the stream keeps after the map it gave last; there from the first map on, and to be called between maps. */
  save?: () => Promise<Uint8Array>;
}

/**
 * One stream whose maps hold still: each is laid onto the last and moved to the new one where the picture changes. All
 * it keeps lies in inputs of its program, which no other stream has.
 */
export class SteadyStream implements EstimateUse {
  readonly buffers: MapBufferPool;
  readonly #Drawings: typeof RangedDrawings;
  readonly #own = new OwnProgram('steady');
  #from: Uint8Array | undefined;
  /** Of the last map. */
  #last: readonly [Engine, Geometry] | undefined;

  /** @param Drawings comes with the code that asks for the stream */
  constructor(buffers: MapBufferPool, Drawings: typeof RangedDrawings, state?: SteadyState) {
    this.buffers = buffers;
    this.#Drawings = Drawings;
    this.#from = state?.from;
    if (state) state.save = () => this.#save();
  }

  /** The stream's own program; another size or engine starts anew. */
  lease(engine: Engine, geometry: Geometry): Lease {
    this.buffers.use(engine.gpu.device);
    this.#last = [engine, geometry];
    const lease = this.#lease(engine, geometry);
    const from = this.#from;
    this.#from = undefined;
    if (!from) return lease;
    const program = lease.program.then((found) => restored(engine, found, from));
    return { ...lease, program, ready: undefined };
  }

  /** Records that what a run leaves is what the next one starts from. */
  after(_engine: Engine, encoder: GPUCommandEncoder, program: Program, map: Record<string, GPUBuffer>): void {
    const { executable, values } = program;
    for (const [input, output] of Object.entries(STATE)) {
      const [from, to] = [values[output] as Value, values[input] as Value];
      encoder.copyBufferToBuffer(executable.buffer(from), 0, executable.buffer(to), 0, byteLength(to.type));
    }
    const usage = BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
    const range = this.buffers.createBuffer({ label: 'range of the stream', size: RANGE_BYTES, usage });
    map['range'] = range;
    encoder.copyBufferToBuffer(executable.buffer(values['fit'] as Value), 0, range, 0, RANGE_BYTES);
  }

  drawings({ drawings }: Engine, { range }: MapBuffers): Pick<DrawingCache, 'use'> {
    return new this.#Drawings(drawings, 'steady', (encoder, input) =>
      encoder.copyBufferToBuffer(range as GPUBuffer, 0, input, 0, RANGE_BYTES),
    );
  }

  /** Leaves the program to other streams. */
  end(): void {
    this.#own.end();
  }

  #lease(engine: Engine, geometry: Geometry): Lease {
    return this.#own.lease(engine, geometry, steadyBuilder(engine, geometry), (ready) => {
      // Buffers of a new program hold zeros; those of a stream that is over do not.
      const state = ready?.executable.buffer(ready.values['last_fit'] as Value);
      if (state) engine.gpu.device.queue.writeBuffer(state, 0, new Uint8Array(byteLength(FIT)));
    });
  }

  /** The inputs that maps leave for the next one, one behind the other. */
  async #save(): Promise<Uint8Array> {
    const [engine, geometry] = this.#last as readonly [Engine, Geometry];
    const lease = this.#lease(engine, geometry);
    try {
      const { executable, values } = await lease.program;
      const { gpu } = engine;
      const read = (input: Value) => readBuffer(gpu.device, executable.buffer(input), byteLength(input.type));
      const parts = await gpu.guard('read', Promise.all(stateOf(values).map(read)));
      const state = new Uint8Array(parts.reduce((sum, { byteLength: bytes }) => sum + bytes, 0));
      parts.reduce((at, part) => (state.set(new Uint8Array(part), at), at + part.byteLength), 0);
      return state;
    } finally {
      lease.release();
    }
  }
}

/** The inputs of a program that a stream keeps. */
function stateOf(values: Program['values']): Value[] {
  return Object.keys(STATE).map((name) => values[name] as Value);
}

/** A program whose stream goes on from what another kept. */
function restored({ gpu }: Engine, program: Program, state: Uint8Array): Program {
  const inputs = stateOf(program.values);
  let at = 0;
  for (const input of inputs) {
    const bytes = byteLength(input.type);
    gpu.device.queue.writeBuffer(program.executable.buffer(input), 0, state.slice(at, (at += bytes)));
  }
  return program;
}

/** An estimate with the four steps that hold its depth still, at the size of the network's map. */
function steadyBuilder(engine: Engine, geometry: Geometry): ProgramBuilder {
  return (graph) => {
    const picture = networkInput(engine, graph, geometry);
    const outputs = engine.network(picture);
    const { inputs, kept } = graph.scope('steady', () => held(engine, graph, picture, inUnit(engine, graph, outputs)));
    const maps = mapsOf(engine, graph, outputs, geometry, kept.y);
    return { keep: { ...maps, ...kept }, inputs: { ...factorInput(graph), ...inputs } };
  };
}

function held({ entry }: Engine, graph: Graph, picture: Value, depth: Value): { inputs: State; kept: Kept } {
  const { mean, std, kind } = entry;
  const { luma } = graph.apply(steadyLuma, { picture }, { mean, std });
  const inputs = {
    last: graph.input('last', depth.type),
    last_luma: graph.input('last_luma', luma.type),
    last_fit: graph.input('last_fit', FIT),
  };
  const { last, last_luma, last_fit } = inputs;
  const { nearer, unit } = depthKind(kind);
  const { motion } = graph.apply(steadyMotion, { depth, luma, last_luma, last_fit }, { inverse: nearer === 'larger' });
  // Metres keep their scale.
  const { fit } = graph.apply(steadyFit, { depth, luma, ...inputs, motion }, { aligned: unit !== 'metre' });
  const { y } = graph.apply(steadyBlend, { depth, luma, last, last_luma, fit, motion }, {});
  return { inputs, kept: { y, luma, fit } };
}
