import { LimitError } from '../errors.js';
import { byteLength, numel, show, type TensorType } from '../tensor.js';
import type { Graph } from './graph.js';

type BufferLimits = Pick<GPUSupportedLimits, 'maxStorageBufferBindingSize' | 'maxBufferSize' | 'maxTextureDimension2D'>;

/** Kernels index elements with u32 and byte offsets stay below 2^32. */
const MAX_ELEMENTS = 2 ** 31;

/** What helps where it is not the input of the network that makes a tensor large, by op. */
const HINTS: Readonly<Record<string, string>> = {
  resize_map: "The map has the picture's size: take that of the network, size: 'network' (--size network).",
};

/**
 * Checks every tensor of a graph against the device before anything is allocated.
 * @throws LimitError `LIMIT_BINDING`, `LIMIT_INDEX` or `LIMIT_TEXTURE`, naming the node, the limit and both numbers.
 */
export function checkLimits(graph: Graph, limits: BufferLimits): void {
  const bufferLimit = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  for (const node of graph.nodes) {
    for (const { type } of Object.values(node.outputs))
      check(type, `${node.label} (${node.op.name})`, bufferLimit, limits, HINTS[node.op.name]);
  }
  for (const [name, { type }] of graph.inputs) check(type, name, bufferLimit, limits);
  for (const [key, { type }] of graph.constants) check(type, key, bufferLimit, limits, 'Use a smaller model.');
}

function check(
  type: TensorType,
  name: string,
  bufferLimit: number,
  limits: BufferLimits,
  hint = 'Use a smaller input size.',
): void {
  const side = Math.max(...type.shape);
  if (type.dtype === 'texture') {
    if (side <= limits.maxTextureDimension2D) return;
    const limit = 'maxTextureDimension2D';
    throw new LimitError(
      'LIMIT_TEXTURE',
      `The texture "${name}" is ${side} texels on a side; ${limit} is ${limits[limit]}.`,
      { limit, expected: limits[limit], actual: side, phase: 'build', hint: 'Scale the picture down first.' },
    );
  }
  const bytes = byteLength(type);
  if (bytes > bufferLimit) {
    const limit =
      limits.maxBufferSize < limits.maxStorageBufferBindingSize ? 'maxBufferSize' : 'maxStorageBufferBindingSize';
    throw new LimitError(
      'LIMIT_BINDING',
      `The tensor ${show(type)} of "${name}" takes ${bytes} bytes; ${limit} is ${bufferLimit}.`,
      {
        limit,
        expected: bufferLimit,
        actual: bytes,
        phase: 'build',
        hint,
      },
    );
  }
  if (numel(type.shape) > MAX_ELEMENTS) {
    throw new LimitError(
      'LIMIT_INDEX',
      `The tensor ${show(type)} of "${name}" has ${numel(type.shape)} elements; kernels index up to ${MAX_ELEMENTS}.`,
      {
        limit: 'elements',
        expected: MAX_ELEMENTS,
        actual: numel(type.shape),
        phase: 'build',
      },
    );
  }
}
