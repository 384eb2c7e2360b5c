import { typesOf, type Node } from '../../src/graph/graph.js';
import type { AttentionAttrs } from '../../src/kernels/attention_kernels.js';

/** What an op is applied to, as its field writes it: `1370x384x1536`, `3x3 64->64 148x148`, `1370 tokens 6 heads`. */
export function shapeText({ op, inputs, outputs, attrs }: Node): string {
  const made = Object.values(typesOf(outputs))[0]?.shape ?? [];
  const given = typesOf(inputs);
  const weight = given['weight1'] ?? given['weight'];
  const kernel = given['kernel']?.shape ?? (op.name === 'depthwise' ? weight?.shape : undefined);
  if (given['qkv']) return `${made[0]} tokens ${(attrs as AttentionAttrs).heads} heads`;
  if (kernel) return `${kernel[0]}x${kernel[1]} ${kernel[2]}->${made[2]} ${made[0]}x${made[1]}`;
  if (weight?.shape.length === 4) {
    const [KH, KW, C, N] = weight.shape;
    return `${KH}x${KW} ${C}->${N} ${made[0]}x${made[1]}`;
  }
  if (weight?.shape.length !== 2) return made.join('x');
  const [K, N] = weight.shape as [number, number];
  // A transposed convolution has a column for each pixel that it makes of one.
  const rows = made.reduce((n, d) => n * d, 1) / N;
  return `${rows}x${K}x${N}`;
}
