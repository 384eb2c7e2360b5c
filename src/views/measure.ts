import { submitRead } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import { parts } from '../parts.js';

/** Percentiles that are the ends of a scene: a few pixels that a network has wrong do not stretch it. */
const PERCENTILES = { low: 1, high: 99.5 };

interface Map {
  readonly buffer: GPUBuffer;
  readonly width: number;
  readonly height: number;
}

/** The 1st and 99.5th percentile of a map, found on the GPU; 32 bytes are read back. */
export async function measureRange(gpu: Gpu, map: Map): Promise<readonly [low: number, high: number]> {
  const { compileDrawing, depthRange } = await parts.drawing();
  const drawing = await compileDrawing(gpu, map, (graph, depth) => depthRange(graph, depth, PERCENTILES));
  try {
    const { executable, depth, result, staging } = drawing;
    const bytes = await gpu.guard(
      'read',
      submitRead(
        gpu,
        32,
        (encoder) => {
          encoder.copyBufferToBuffer(map.buffer, 0, executable.buffer(depth), 0, 4 * map.width * map.height);
          executable.encode(encoder, {});
          return executable.buffer(result);
        },
        staging,
      ),
    );
    const [, , low, high] = new Float32Array(bytes) as unknown as [number, number, number, number];
    return [low, high];
  } finally {
    drawing.dispose();
  }
}
