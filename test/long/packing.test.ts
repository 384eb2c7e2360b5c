import { beforeAll, expect, it } from 'vitest';
import { readBuffer } from '../../src/gpu/buffers.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { Executable } from '../../src/graph/executor.js';
import { Graph } from '../../src/graph/graph.js';
import { originalNames } from '../../src/models/identify.js';
import { codeOf } from '../../src/models/registry.js';
import { entryByName } from '../../src/models/resolve.js';
import { byteLength } from '../../src/tensor.js';
import { ConstantStore } from '../../src/weights/constant_store.js';
import { decode } from '../../src/weights/format/decode.js';
import { parseHeader } from '../../src/weights/format/safetensors.js';
import { Weights } from '../../src/weights/weights.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors } from '../models/fixtures.js';
import { imageFromTensor } from '../models/run_model.js';
import { seededCheckpoint, seededInput } from '../../truth/seeded_weights.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

/** NaN in f32 and f16, so that what is read before it is written shows. */
const POISON = 0x7fc07e00;

it.each([
  ['midas-v2.1-small', 'midas-v2.1-small', 64, 96],
  ['depth-anything-v2-small', 'depth-anything-small', 28, 42],
])(
  '%s gives the same bits with its values packed and with each in a buffer of its own, twice',
  async (model, checkpoint, H, W) => {
    const bytes = seededCheckpoint(checkpointTensors(checkpoint));
    const header = parseHeader(bytes, bytes.length, checkpoint);
    const code = await codeOf(entryByName(model));
    const weights = Weights.from(header, checkpoint, originalNames(header, checkpoint, code));
    const build = code.network(entryByName(model));
    const store = new ConstantStore(gpu, checkpoint);
    const pixels = imageFromTensor(seededInput('packing', H, W), H, W);
    const run = async (apart: boolean): Promise<Uint8Array> => {
      const graph = new Graph();
      const image = graph.input('image', { dtype: 'f32', shape: [H, W, 4] });
      const output = build(image, weights, { convention: 'original' }).depth;
      await store.declare(graph);
      for (const entry of header.tensors.values()) {
        if (store.wants(entry.name))
          store.deliver(
            entry.name,
            decode(entry, bytes.subarray(header.dataOffset + entry.begin, header.dataOffset + entry.end)),
          );
      }
      const keep = apart ? graph.nodes.flatMap(({ outputs }) => Object.values(outputs)) : [output];
      const executable = await Executable.compile(graph, gpu, { constants: (key) => store.buffer(key), keep });
      if (!apart) expect(executable.slots.length).toBeLessThan(6);
      const { queue } = gpu.device;
      for (const slot of executable.slots) queue.writeBuffer(slot, 0, new Uint32Array(slot.size / 4).fill(POISON));
      queue.writeBuffer(executable.buffer(image), 0, pixels);
      for (let i = 0; i < 2; i++) {
        const encoder = gpu.device.createCommandEncoder();
        executable.encode(encoder);
        queue.submit([encoder.finish()]);
      }
      const values = new Uint8Array(await readBuffer(gpu.device, executable.buffer(output), byteLength(output.type)));
      executable.dispose();
      return values;
    };
    const packed = await run(false);
    expect(new Float32Array(packed.buffer).every(Number.isFinite)).toBe(true);
    expect(Buffer.from(packed).equals(await run(true))).toBe(true);
    store.dispose();
  },
);
