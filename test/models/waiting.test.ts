import { expect, it } from 'vitest';
import { identify } from '../../src/models/identify.js';
import { recognised } from '../../src/models/families/recognised.js';
import type { TensorEntry } from '../../src/weights/format/tensor_table.js';
import { checkpointTensors, waitingFixtures } from './fixtures.js';

it('what was recorded of models that cannot be run yet is of families that messages name', () => {
  const waiting = Object.entries(waitingFixtures());
  console.warn(`Recorded, and waiting for their models: ${waiting.map(([name]) => name).join(', ')}`);
  for (const [name, { checkpoint }] of waiting) {
    const tensors = checkpointTensors(checkpoint).map((tensor): [string, TensorEntry] => [
      tensor.name,
      { ...tensor, dtype: 'F32' },
    ]);
    const { family } = identify({ tensors: new Map(tensors), metadata: new Map() }, name);
    expect(recognised.map(({ id }) => id)).toContain(family);
  }
});
