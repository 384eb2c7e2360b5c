import { createReadback, readMapped } from '../gpu/buffers.js';
import { submitWithinTime } from '../gpu/time_limit.js';
import type { Executable } from '../graph/executor.js';

/** Values that are read of a map which may be flat. */
const SAMPLES = 16;

/** What a run may have shown: values that f16 does not hold, or a map that may be that of a network without answers. */
export type Finding = 'overflow' | 'flat';

/** A look at one run. */
export interface Look {
  /** Recorded before the run. */
  begin(encoder: GPUCommandEncoder): void;
  /** Recorded after it; the map is `bytes` bytes of f32. */
  end(encoder: GPUCommandEncoder, map: GPUBuffer, bytes: number): void;
  /** What was found, once the GPU is done with the run. */
  found(): Promise<Finding | undefined>;
  /** Frees what it reads through. Safe to call at any time. */
  dispose(): void;
}

/**
 * Looks at the runs of one engine. A kernel that stores f16 cuts off what is past its range and says so in a flag of
 * the executable, of which each run reads 4 bytes with its map. Until a map was not flat, it reads some values too.
 */
export class Looks {
  /** Whether the network is known to answer: what pictures show changes its maps. */
  answers = false;
  /** Whether its weights leave a doubt, whatever the first map looks like. */
  doubtful = false;
  readonly #device: GPUDevice;
  readonly #idle: GPUBuffer[] = [];
  #disposed = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A look at a run of an executable; undefined where there is nothing to see. */
  look({ overflow }: Executable): Look | undefined {
    const samples = this.answers ? 0 : SAMPLES;
    if (!overflow && !samples) return undefined;
    let staging: GPUBuffer | undefined;
    return {
      begin: (encoder) => overflow && encoder.clearBuffer(overflow, 0, 4),
      end: (encoder, map, bytes) => {
        staging = this.#idle.pop() ?? createReadback(this.#device, 4 + 4 * SAMPLES);
        if (overflow) encoder.copyBufferToBuffer(overflow, 0, staging, 0, 4);
        // By the golden section, so that no column of the map is read twice.
        for (let i = 1; i <= samples; i++)
          encoder.copyBufferToBuffer(map, 4 * Math.floor(((i * 0.618) % 1) * (bytes / 4)), staging, 4 * i, 4);
      },
      found: async () => {
        // A run that was given up is not asked: what it would be read through is gone.
        const read = staging;
        if (!read) return undefined;
        const mapped = submitWithinTime(this.#device, readMapped(read, 4 + 4 * samples), 'a run', 'run');
        const [flag, ...values] = new Float32Array(await mapped);
        staging = undefined;
        if (this.#disposed) read.destroy();
        else this.#idle.push(read);
        if (overflow && flag) return 'overflow';
        if (samples && (this.doubtful || isFlat(values))) return 'flat';
        this.answers = true;
        return undefined;
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

/**
 * Whether the middle half of the values is one value but for rounding, or some are not finite. The rest may vary in a
 * network without answers: at the border, where layers pad with zeros.
 */
function isFlat(values: readonly number[]): boolean {
  // NaN comes last.
  const sorted = Float32Array.from(values).sort();
  const at = (share: number) => sorted[Math.round(share * (SAMPLES - 1))] as number;
  return !(at(0.75) - at(0.25) > 1e-5 * Math.max(at(1), -at(0)));
}
