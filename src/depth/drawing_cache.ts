import type { Gpu } from '../gpu/gpu.js';
import type { Executable } from '../graph/executor.js';
import type { Graph, Value } from '../graph/graph.js';
import type { Size } from '../image/size.js';
import { parts, type DrawingPart } from '../parts.js';

/** What a small graph on a depth map computes. */
export type DrawingBuilder = (graph: Graph, depth: Value, drawing: DrawingPart) => Value;

/** A compiled graph on depth maps f32[height,width]. */
export interface Drawing {
  readonly executable: Pick<Executable, 'buffer' | 'encode'>;
  readonly depth: Value;
  readonly result: Value;
  /** What the result is read back through; undefined where it is a texture. */
  readonly staging: GPUBuffer | undefined;
  /** What goes with it. */
  readonly beside: { dispose(): void }[];
  dispose(): void;
}

/** Drawings kept for maps to come; each holds a copy of a map and its own result. */
const KEPT = 4;

/** The drawings of a model's maps, so that a map of a size seen lately is drawn with nothing new. */
export class DrawingCache {
  readonly #gpu: Gpu;
  readonly #idle = new Map<string, Drawing>();
  #disposed = false;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Runs `work` with a drawing that is its alone; `key` names what `build` computes. One that failed is not kept. */
  async use<T>(key: string, size: Size, build: DrawingBuilder, work: (drawing: Drawing) => Promise<T>): Promise<T> {
    const name = `${key} ${size.width}×${size.height}`;
    const idle = this.#idle.get(name);
    this.#idle.delete(name);
    const drawing = idle ?? (await this.#compile(size, build));
    try {
      const result = await work(drawing);
      this.#keep(name, drawing);
      return result;
    } catch (error) {
      drawing.dispose();
      throw error;
    }
  }

  /** Frees what is kept; what is in use goes when it is done, and later ones serve one call. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    this.#trim(0);
  }

  async #compile(size: Size, build: DrawingBuilder): Promise<Drawing> {
    const part = await parts.drawing();
    return part.compileDrawing(this.#gpu, size, (graph, depth) => build(graph, depth, part));
  }

  #keep(name: string, drawing: Drawing): void {
    this.#idle.get(name)?.dispose();
    this.#idle.delete(name);
    this.#idle.set(name, drawing);
    this.#trim(this.#disposed ? 0 : KEPT);
  }

  #trim(most: number): void {
    for (const [name, drawing] of [...this.#idle].slice(0, Math.max(0, this.#idle.size - most))) {
      this.#idle.delete(name);
      drawing.dispose();
    }
  }
}
