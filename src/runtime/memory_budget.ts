import { LimitError } from '../errors.js';
import type { Constant, Graph, Value } from '../graph/graph.js';
import { planSlots } from '../graph/plan.js';
import { byteLength } from '../tensor.js';

/** A model whose memory is bounded. */
interface Bounded {
  readonly entry: { readonly name: string };
  readonly gpu: { readonly device: { readonly limits: GPUSupportedLimits } };
  /** Frees the activations of the size used longest ago, if no run needs them. @returns whether there were any */
  freeIdle(): boolean;
}

/**
 * The most that a model's weights and activations may take on the GPU, in bytes. It counts plans, so that what does not
 * fit is refused before anything is allocated.
 */
export class MemoryBudget {
  readonly #bytes: number;
  /** Of weights that every picture size shares. */
  #weights = 0;
  /** Of the programs at hand: their activations, and weights for their size alone; and of what is kept between them. */
  readonly #programs = new Set<number[]>();

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Takes in the weights of a network. @throws LimitError `LIMIT_MEMORY` where they alone are too many */
  load(model: Bounded, graph: Graph): void {
    this.#weights = constantBytes(graph, false);
    this.#check(model, this.#weights, 'The weights of', 'Use a smaller model, or f16 storage.');
  }

  /**
   * Takes in a program, for which idle ones are freed where that makes room.
   * @returns what gives its bytes back; may be called twice
   * @throws LimitError `LIMIT_MEMORY`
   */
  admit(model: Bounded, graph: Graph, keep: readonly Value[]): () => void {
    return this.claim(model, this.plan(model, graph, keep));
  }

  /** As `admit`, of what is kept between programs. @param bytes of it */
  claim(model: Bounded, bytes: number): () => void {
    const claim = [bytes];
    this.#programs.add(claim);
    try {
      while (this.#total() > this.#bytes && model.freeIdle());
      this.#check(model, this.#total(), 'A run of');
    } catch (error) {
      this.#programs.delete(claim);
      throw error;
    }
    return () => void this.#programs.delete(claim);
  }

  /**
   * @returns bytes of a program: its activations, and weights for its size alone
   * @throws LimitError `LIMIT_MEMORY` where it does not fit with nothing beside it
   */
  plan(model: Bounded, graph: Graph, keep: readonly Value[]): number {
    const bytes = planSlots(graph, keep, model.gpu.device.limits).bytes + constantBytes(graph, true);
    this.#check(model, this.#weights + bytes, 'A run of');
    return bytes;
  }

  #total(): number {
    return [...this.#programs].flat().reduce((sum, bytes) => sum + bytes, this.#weights);
  }

  #check(
    { entry }: Bounded,
    bytes: number,
    what: string,
    hint = 'Use a smaller input size, or a smaller model.',
  ): void {
    if (bytes <= this.#bytes) return;
    throw new LimitError(
      'LIMIT_MEMORY',
      `${what} ${entry.name} would take ${bytes} bytes on the GPU; the memory budget is ${this.#bytes}.`,
      { limit: 'memoryBudget', expected: this.#bytes, actual: bytes, phase: 'build', hint },
    );
  }
}

/** Bytes of the constants of a graph: those of its picture size alone, or the others. */
function constantBytes(graph: Graph, perSize: boolean): number {
  const constants = [...graph.constants.values()].filter(({ origin }) => (origin as Constant).perSize === perSize);
  return constants.reduce((sum, { type }) => sum + byteLength(type), 0);
}
