import { LimitError } from '../errors.js';
import { createReadback, readMapped } from '../gpu/buffers.js';
import type { Executable } from '../graph/executor.js';

/** Largest finite half. */
const HALF_MAX = 65504;

/** A look at one run, for values that f16 does not hold. */
export interface Look {
  /** Recorded before the run. */
  begin(encoder: GPUCommandEncoder): void;
  /** Recorded after it. */
  end(encoder: GPUCommandEncoder): void;
  /** Whether a value was cut off, once the GPU is done with the run. */
  overflowed(): Promise<boolean>;
  /** Frees what it reads through. Safe to call at any time. */
  dispose(): void;
}

/**
 * Looks at the runs of one engine. A kernel that stores f16 cuts off what is past its range and says so in a flag of
 * the executable, of which each run reads 4 bytes with its map.
 */
export class HalfRange {
  readonly #device: GPUDevice;
  readonly #idle: GPUBuffer[] = [];
  #disposed = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A look at a run of an executable; undefined where nothing is stored in f16. */
  look({ overflow }: Executable): Look | undefined {
    if (!overflow) return undefined;
    let staging: GPUBuffer | undefined;
    return {
      begin: (encoder) => encoder.clearBuffer(overflow, 0, 4),
      end: (encoder) => {
        staging = this.#idle.pop() ?? createReadback(this.#device, 4);
        encoder.copyBufferToBuffer(overflow, 0, staging, 0, 4);
      },
      overflowed: async () => {
        // A run that was given up is not asked: what it would be read through is gone.
        const read = staging;
        if (!read) return false;
        const [flag] = new Uint32Array(await readMapped(read, 4));
        staging = undefined;
        if (this.#disposed) read.destroy();
        else this.#idle.push(read);
        return flag !== 0;
      },
      dispose: () => {
        staging?.destroy();
        staging = undefined;
      },
    };
  }

  dispose(): void {
    this.#disposed = true;
    for (const buffer of this.#idle.splice(0)) buffer.destroy();
  }
}

/** What is said of a run in which values were cut off. */
export function outOfHalfRange(model: string): LimitError {
  return new LimitError(
    'LIMIT_F16_RANGE',
    `Values inside ${model} are past ${HALF_MAX}, the range of f16, so that its map would be wrong.`,
    {
      limit: 'f16 range',
      expected: HALF_MAX,
      phase: 'run',
      hint: 'Load the model with precision "f32", or with "auto", which goes on in f32.',
    },
  );
}
