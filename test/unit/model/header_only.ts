import type { ByteSource } from '../../../src/weights/fetch/byte_source.js';
import { checkpointTensors } from '../../models/fixtures.js';

/** The header of a checkpoint, and then nothing more. */
export function headerOnly(
  checkpoint: string,
  then: 'hang' | 'end' = 'hang',
  without?: string,
): ByteSource & { cancelled: boolean } {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const { name, shape } of checkpointTensors(checkpoint).filter((tensor) => tensor.name !== without)) {
    const begin = end;
    end += 4 * shape.reduce((n, d) => n * d, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  const source = {
    name: `${checkpoint}.safetensors`,
    cancelled: false,
    open: async () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(bytes);
          if (then === 'end') controller.close();
        },
        cancel: () => void (source.cancelled = true),
      }),
  };
  return source;
}
