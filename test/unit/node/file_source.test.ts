import { expect, it } from 'vitest';
import { loadDepthModel } from '../../../src/node/load.js';

it('names the model and the form of a hub repository that is given like a path', async () => {
  await expect(loadDepthModel('depth-anything/Depth-Anything-V2-Small-hf')).rejects.toMatchObject({
    code: 'SOURCE_FILE',
    hint:
      'As a model that is depth-anything-v2-small. For a repository of the hub, write ' +
      'hf:depth-anything/Depth-Anything-V2-Small-hf@revision.',
  });
  await expect(loadDepthModel('some/where')).rejects.toMatchObject({
    hint: expect.stringMatching(/^For a repository/),
  });
  for (const file of ['weights/model-00001-of-00002.safetensors', 'weights/dpt_large_384.pt'])
    await expect(loadDepthModel(file)).rejects.toMatchObject({ code: 'SOURCE_FILE', hint: undefined });
  await expect(loadDepthModel('./some/where')).rejects.toMatchObject({ code: 'SOURCE_FILE', hint: undefined });
});
