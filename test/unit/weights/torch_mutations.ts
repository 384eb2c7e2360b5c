import { DepthwiseError } from '../../../src/errors.js';
import { openTorchBytes } from './torch_bytes.js';
import { legacy, op, stateDict, torchParts, zip, type WrittenTensor } from './torch_writer.js';

const wholes = (count: number) => Float32Array.from({ length: count }, (_, i) => i);
const TENSORS: Readonly<Record<string, WrittenTensor>> = {
  'conv.weight': { shape: [2, 3, 1, 1], values: wholes(6) },
  'conv.bias': { shape: [2], values: wholes(2) },
  transposed: { shape: [3, 2], values: wholes(6), strides: [1, 3] },
  nothing: { shape: [0], values: wholes(0) },
};
/** Opcodes that may stand where any other stands, allowed ones and others. */
const OPCODES = [...'.(}])tNRbQsuaeqhrjJKMGXc\x80\x81\x85\x86\x87\x88\x89\x8a\x93\x95'].map((code) =>
  code.charCodeAt(0),
);
const NUMBERS = [0, 1, 2, 0x7f, 0xff, 0x7fffffff, 0x80000000, 0xffffffff];

/** How a run of mutations ended: how often by code, and `read` for files that were read whole. */
export interface MutationCounts {
  readonly codes: ReadonlyMap<string, number>;
  /** Most bytes of JavaScript's buffers that were in use after a file. */
  readonly mostBytes: number;
}

/**
 * Reads `count` files of torch.save of which a few bytes, opcodes, numbers or pieces were changed.
 * @throws what is no DepthwiseError
 */
export async function readMutations(count: number, seed: number): Promise<MutationCounts> {
  const random = generator(seed);
  const pickle = Buffer.from(
    op.pickle(op.dict(op.string('epoch'), op.int(3), op.string('state_dict'), stateDict(TENSORS))),
  );
  const files = [zip(torchParts(TENSORS)), legacy(TENSORS), zip(torchParts(TENSORS), { follows: false })];
  const codes = new Map<string, number>();
  let mostBytes = 0;
  for (let run = 0; run < count; run++) {
    // Half of the pickles are changed before they are packed, so that their CRC is right.
    const inside = run % 2 === 0;
    const data = inside
      ? zip(torchParts(TENSORS, mutated(pickle, random)))
      : mutated(files[run % files.length] as Uint8Array, random);
    const code = await outcome(data);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (run % 1000 === 0) mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers);
  }
  return { codes, mostBytes };
}

async function outcome(data: Uint8Array): Promise<string> {
  try {
    for await (const { entry, bytes } of (await openTorchBytes(data)).tensors()) {
      const count = entry.shape.reduce((n, size) => n * size, 1);
      if (bytes.length % Math.max(1, count) !== 0) throw new Error(`${entry.name} has ${bytes.length} bytes.`);
    }
    return 'read';
  } catch (error) {
    if (error instanceof DepthwiseError) return error.code;
    throw error;
  }
}

function mutated(file: Uint8Array, random: (below: number) => number): Buffer {
  let data: Buffer = Buffer.from(file);
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = random(data.length);
    const kind = random(7);
    if (kind === 0) data[at] = random(256);
    else if (kind === 1) data[at] = OPCODES[random(OPCODES.length)] as number;
    else if (kind === 2) data[at] = data[random(data.length)] as number;
    else if (kind === 3 && at + 4 <= data.length) data.writeUInt32LE(NUMBERS[random(NUMBERS.length)] as number, at);
    else if (kind === 4) data = Buffer.concat([data.subarray(0, at), data.subarray(at + random(8))]);
    else if (kind === 5) data = Buffer.concat([data.subarray(0, at), data.subarray(at - random(at + 1))]);
    else if (random(10) === 0) data = data.subarray(0, at);
  }
  return data;
}

function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % below;
}
