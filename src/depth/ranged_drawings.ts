import type { Graph, Value } from '../graph/graph.js';
import type { Size } from '../image/size.js';
import type { Drawing, DrawingBuilder, DrawingCache } from './drawing_cache.js';

/** A range, as `depthRange` of range.ts. */
export const RANGE = { dtype: 'f32', shape: [8] } as const;

/** The input that takes the range, of drawings that were made with one. */
const ranges = new WeakMap<Drawing, Value>();

/** Draws maps with a range that comes from elsewhere in place of their own. */
export class RangedDrawings implements Pick<DrawingCache, 'use'> {
  readonly #drawings: Pick<DrawingCache, 'use'>;
  readonly #name: string;
  readonly #fill: (encoder: GPUCommandEncoder, input: GPUBuffer) => void;

  /**
   * @param name tells its drawings from others
   * @param fill writes the range, f32[8], or records that it is written
   */
  constructor(
    drawings: Pick<DrawingCache, 'use'>,
    name: string,
    fill: (encoder: GPUCommandEncoder, input: GPUBuffer) => void,
  ) {
    // The range that was given last counts.
    this.#drawings = drawings instanceof RangedDrawings ? drawings.#drawings : drawings;
    this.#name = name;
    this.#fill = fill;
  }

  async use<T>(key: string, size: Size, build: DrawingBuilder, work: (drawing: Drawing) => Promise<T>): Promise<T> {
    // What `DepthMap.range` asks for is told of the map alone.
    if (key === 'range') return this.#drawings.use(key, size, build, work);
    let made: Value | undefined;
    const ranged = (graph: Graph) => () => (made ??= graph.input('range', RANGE));
    const withRange: DrawingBuilder = (graph, depth, part) =>
      build(graph, depth, { ...part, depthRange: ranged(graph) });
    return this.#drawings.use(`${this.#name} ${key}`, size, withRange, (drawing) => {
      if (made) ranges.set(drawing, made);
      return work(this.#ranged(drawing));
    });
  }

  /** The drawing, whose runs start with the range; values alone need none. */
  #ranged(drawing: Drawing): Drawing {
    const value = ranges.get(drawing);
    if (!value) return drawing;
    const { executable } = drawing;
    const encode: Drawing['executable']['encode'] = (encoder, textures) => {
      this.#fill(encoder, executable.buffer(value));
      return executable.encode(encoder, textures);
    };
    return { ...drawing, executable: { buffer: (of) => executable.buffer(of), encode } };
  }
}
