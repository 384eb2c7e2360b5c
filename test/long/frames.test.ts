import { expect, it } from 'vitest';
import { growth, measureMemory, show } from '../e2e/child.js';

const FRAMES = 10_000;
/** Milliseconds that a series may take on a busy machine. */
const TIMEOUT = 3_000_000;
/** Frames between two looks at memory. */
const STEP = 250;

interface Said {
  /** Buffers and textures that are alive, and their bytes, at each look. */
  readonly held: readonly (readonly [objects: number, bytes: number])[];
  readonly frames: number;
}

/** A device whose buffers and textures are counted. */
const COUNTED = `
globalThis.gpu = create([]);
const device = await (await globalThis.gpu.requestAdapter()).requestDevice();
const alive = new Map();
for (const name of ['createBuffer', 'createTexture', 'createBindGroup']) {
  const make = device[name].bind(device);
  device[name] = (descriptor) => {
    const made = make(descriptor);
    if (name === 'createBindGroup') return (groups++, made);
    const destroy = made.destroy.bind(made);
    alive.set(made, descriptor.size?.length ? 4 * descriptor.size[0] * descriptor.size[1] : descriptor.size);
    made.destroy = () => (alive.delete(made), destroy());
    return made;
  };
}
let groups = 0;
const held = () => [alive.size, [...alive.values()].reduce((sum, bytes) => sum + bytes, 0)];
globalThis.said = { held: [], frames: 0 };
const model = await loadDepthModel('nano', { ...OPTIONS, device });
const SIZE = { inputSize: 32 };
const look = async () => {
  await measure();
  globalThis.said.held.push(held());
};
`;

const ESTIMATES = `${COUNTED}
for (let i = 0; i < ${FRAMES}; i++) {
  picture.data[i % picture.data.length] ^= 255;
  const depth = await model.estimate(picture, SIZE);
  if (i % 100 === 0) await depth.read();
  depth.dispose();
  globalThis.said.frames++;
  if (i % ${STEP} === ${STEP - 1}) await look();
}
model.dispose();`;

const ENCODES = `${COUNTED}
const { width, height } = picture;
const texture = (format, usage) => device.createTexture({ size: [width, height], format, usage });
const source = texture('rgba8unorm', 0x04 | 0x02);
const target = texture('rgba16float', 0x08 | 0x01);
const encode = async () => {
  const encoder = device.createCommandEncoder();
  await model.encode(encoder, { source, target, ...SIZE });
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
};
await encode();
groups = 0;
for (let i = 0; i < ${FRAMES}; i++) {
  picture.data[i % picture.data.length] ^= 255;
  device.queue.writeTexture({ texture: source }, picture.data, { bytesPerRow: 4 * width }, [width, height]);
  await encode();
  globalThis.said.frames++;
  if (i % ${STEP} === ${STEP - 1}) await look();
}
if (groups > 0) throw new Error(groups + ' bind groups were made for frames');
model.dispose();`;

/** Objects made after the first frames are counted too: maps, and what they are drawn with. */
const STEADY = `${COUNTED}
let made = 0;
for (const name of ['createBuffer', 'createTexture', 'createBindGroup', 'createComputePipeline']) {
  const make = device[name].bind(device);
  device[name] = (descriptor) => (made++, make(descriptor));
}
async function* frames() {
  for (let i = 0; i < ${FRAMES}; i++) {
    picture.data[i % picture.data.length] ^= 255;
    yield picture;
  }
}
let warm = 0;
for await (const depth of model.stream(frames(), { ...SIZE, steady: true })) {
  depth.dispose();
  if (++globalThis.said.frames === 3) warm = made;
  if (globalThis.said.frames % ${STEP} === 0) {
    if (made > warm) throw new Error(made - warm + ' objects were made for frames');
    await look();
  }
}
model.dispose();`;

it.each([
  ['estimate', ESTIMATES],
  ['encode', ENCODES],
  ['stream, steady', STEADY],
])(
  `${FRAMES} frames through %s: the same objects on the GPU, heap and memory level`,
  async (call, script) => {
    const { memory, said } = await measureMemory<Said>(script, TIMEOUT);
    expect(said.frames).toBe(FRAMES);
    const [objects, bytes] = said.held[0]!;
    for (const look of said.held) expect(look).toEqual([objects, bytes]);
    const warm = memory.length / 4;
    // A look is STEP frames; a hundred of them are more than there are.
    const [heap, all] = growth(memory, warm).map((slope) => (slope / 100) * memory.length) as [number, number];
    console.log(
      `${call}: ${said.frames} frames, ${objects} objects of ${bytes} bytes at each of ${said.held.length} looks; ` +
        `after ${warm * STEP} frames ${show(memory[warm]!)}, at the end ${show(memory.at(-1)!)}; ` +
        `in ${FRAMES} frames ${heap.toFixed(2)} MiB of heap, ${all.toFixed(1)} MiB in all`,
    );
    expect(heap, `MiB of heap in ${FRAMES} frames`).toBeLessThan(1);
    expect(all, `MiB in ${FRAMES} frames`).toBeLessThan(10);
  },
  TIMEOUT,
);
