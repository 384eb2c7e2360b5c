import { describe, expect, it } from 'vitest';
import type { DeviceFacts } from '../../../src/gpu/gpu.js';
import { chooseKernel } from '../../../src/graph/kernel_choice.js';
import type { Node } from '../../../src/graph/graph.js';
import { frameGraph } from '../model/frame_graph.js';

const MODELS = [
  ['depth-anything-v2-small', 'depth-anything-small'],
  ['depth-anything-v2-large', 'depth-anything-large'],
  ['midas-v2.1-small', 'midas-v2.1-small'],
] as const;
/** Kinds of device that the rules tell apart. */
const DEVICES: Readonly<Record<string, DeviceFacts>> = {
  gpu: { software: false, f16: true, subgroupSize: 32, lanes: 0, slim: false, invocations: 256 },
  'cpu, subgroups of 8': { software: true, f16: true, subgroupSize: 8, lanes: 0, slim: false, invocations: 256 },
  'cpu, subgroups of 4': { software: true, f16: true, subgroupSize: 4, lanes: 0, slim: false, invocations: 256 },
};

describe('the rule of each op', () => {
  it.each(MODELS)('picks the kernels of %s that are written down', async (model, checkpoint) => {
    const lines = new Map<string, number>();
    for (const storage of ['f32', 'f16'] as const)
      for (const node of frameGraph(model, checkpoint, { storage }).graph.nodes) {
        const line = `${storage} ${applicationOf(node)}: ${Object.values(DEVICES).map(pick(node)).join(' | ')}`;
        lines.set(line, (lines.get(line) ?? 0) + 1);
      }
    const text = [`On ${Object.keys(DEVICES).join(' | ')}:`, ...[...lines].map(([line, count]) => `${count}x ${line}`)];
    await expect(`${text.join('\n')}\n`).toMatchFileSnapshot(`kernel_choice/${model}.txt`);
  });
});

/** An op and the shapes that it is applied to. */
function applicationOf({ op, inputs, outputs }: Node): string {
  const shapes = (values: Node['inputs']): string =>
    Object.entries(values)
      .map(([name, { type }]) => `${name}[${type.shape.join()}]`)
      .join(' ');
  return `${op.name} ${shapes(inputs)} -> ${shapes(outputs)}`;
}

function pick(node: Node): (facts: DeviceFacts) => string {
  return (facts) => chooseKernel(node, { facts, dropped: new Map() }).name;
}
