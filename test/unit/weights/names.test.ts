import { describe, expect, test } from 'vitest';
import { originalNames } from '../../../src/models/identify.js';
import { code as depthAnything } from '../../../src/models/networks/depth_anything.js';
import { code as midasSmall } from '../../../src/models/networks/midas_small.js';
import { mapNames, type NameRule } from '../../../src/weights/names.js';
import { Weights } from '../../../src/weights/weights.js';
import { headerOf, readFixture, type TensorList } from './checkpoint_headers.js';
import { faultOf } from './safetensors_file.js';

/** Names and shapes of an original Depth Anything checkpoint of 12 blocks, from the published module tree. */
function originalSmall(): Map<string, readonly number[]> {
  const [C, blocks, features, head] = [384, 12, 64, 32];
  const out = [48, 96, 192, 384];
  const names = new Map<string, readonly number[]>([
    ['pretrained.cls_token', [1, 1, C]],
    ['pretrained.pos_embed', [1, 1370, C]],
    ['pretrained.mask_token', [1, C]],
    ['pretrained.patch_embed.proj.weight', [C, 3, 14, 14]],
    ['pretrained.patch_embed.proj.bias', [C]],
    ['pretrained.norm.weight', [C]],
    ['pretrained.norm.bias', [C]],
  ]);
  const affine = (path: string, ...shape: number[]): void =>
    void names.set(`${path}.weight`, shape).set(`${path}.bias`, [shape[0]!]);
  for (let i = 0; i < blocks; i++) {
    const block = `pretrained.blocks.${i}`;
    affine(`${block}.norm1`, C);
    affine(`${block}.attn.qkv`, 3 * C, C);
    affine(`${block}.attn.proj`, C, C);
    names.set(`${block}.ls1.gamma`, [C]).set(`${block}.ls2.gamma`, [C]);
    affine(`${block}.norm2`, C);
    affine(`${block}.mlp.fc1`, 4 * C, C);
    affine(`${block}.mlp.fc2`, C, 4 * C);
  }
  out.forEach((channels, i) => affine(`depth_head.projects.${i}`, channels, C, 1, 1));
  affine('depth_head.resize_layers.0', out[0]!, out[0]!, 4, 4);
  affine('depth_head.resize_layers.1', out[1]!, out[1]!, 2, 2);
  affine('depth_head.resize_layers.3', out[3]!, out[3]!, 3, 3);
  for (let n = 1; n <= 4; n++) {
    names.set(`depth_head.scratch.layer${n}_rn.weight`, [features, out[n - 1]!, 3, 3]);
    affine(`depth_head.scratch.refinenet${n}.out_conv`, features, features, 1, 1);
    for (const unit of [1, 2])
      for (const conv of [1, 2])
        affine(`depth_head.scratch.refinenet${n}.resConfUnit${unit}.conv${conv}`, features, features, 3, 3);
  }
  affine('depth_head.scratch.output_conv1', features / 2, features, 3, 3);
  affine('depth_head.scratch.output_conv2.0', head, features / 2, 3, 3);
  affine('depth_head.scratch.output_conv2.2', 1, head, 1, 1);
  return names;
}

describe('hub names of Depth Anything', () => {
  const list = readFixture<TensorList>('depth-anything-v2-small.hub');
  const header = headerOf(list);
  const names = originalNames(header, 'hub', depthAnything);

  test('become exactly the original names, with the original shapes', () => {
    const original = originalSmall();
    const weights = Weights.from(header, 'hub', names);
    expect([...names.keys()].sort()).toEqual([...original.keys()].sort());
    expect(original.size).toBe(239);
    for (const [name, shape] of original) weights.get(name, shape);
    expect(weights.unused()).toEqual([]);
  });

  test('q, k and v are stacked in this order, weight and bias', () => {
    for (const leaf of ['weight', 'bias']) {
      expect(names.get(`pretrained.blocks.7.attn.qkv.${leaf}`)).toEqual(
        ['query', 'key', 'value'].map((part) => `backbone.encoder.layer.7.attention.attention.${part}.${leaf}`),
      );
    }
  });

  test('the hub numbers fusion stages from the deepest', () => {
    expect(names.get('depth_head.scratch.refinenet4.out_conv.bias')).toEqual([
      'neck.fusion_stage.layers.0.projection.bias',
    ]);
    expect(names.get('depth_head.scratch.refinenet1.resConfUnit2.conv1.weight')).toEqual([
      'neck.fusion_stage.layers.3.residual_layer2.convolution1.weight',
    ]);
    expect(names.get('depth_head.scratch.layer1_rn.weight')).toEqual(['neck.convs.0.weight']);
  });

  test('what the network never uses is on the list of its family', () => {
    const weights = Weights.from(header, 'hub', names);
    const dead = /^pretrained\.mask_token$|^depth_head\.scratch\.refinenet4\.resConfUnit1\./;
    for (const [name, shape] of originalSmall()) if (!dead.test(name)) weights.get(name, shape);
    expect(weights.unused()).toHaveLength(5);
    expect(weights.unused(depthAnything.leftAside)).toEqual([]);
  });

  test('a buffer nobody knows keeps its name; a part without its siblings too', () => {
    const rest = Object.fromEntries(
      Object.entries(list).filter(([name]) => name !== 'backbone.encoder.layer.0.attention.attention.key.bias'),
    );
    const partial = originalNames(
      headerOf({ ...rest, 'backbone.embeddings.position_ids': ['I64', [1, 1370]] }),
      'hub',
      depthAnything,
    );
    expect(partial.get('backbone.embeddings.position_ids')).toEqual(['backbone.embeddings.position_ids']);
    expect(partial.has('pretrained.blocks.0.attn.qkv.bias')).toBe(false);
    expect(partial.get('backbone.encoder.layer.0.attention.attention.query.bias')).toEqual([
      'backbone.encoder.layer.0.attention.attention.query.bias',
    ]);
    expect(partial.has('pretrained.blocks.1.attn.qkv.bias')).toBe(true);
  });
});

test('original names stay as they are', () => {
  const names = Object.keys(readFixture<TensorList>('midas-v21-small.original'));
  const header = headerOf(readFixture<TensorList>('midas-v21-small.original'));
  expect(names).toHaveLength(482);
  expect(Weights.from(header, 'small').unused()).toEqual(names);
  const ignored = names.filter((name) => midasSmall.leftAside.some((pattern) => pattern.test(name)));
  expect(ignored.filter((name) => !name.endsWith('.num_batches_tracked'))).toEqual(
    ['conv1.weight', 'conv1.bias', 'conv2.weight', 'conv2.bias'].map(
      (leaf) => `scratch.refinenet4.resConfUnit1.${leaf}`,
    ),
  );
});

describe('rules', () => {
  const fused: readonly NameRule[] = [
    ['a.*.q.bias', 'b.*.q_bias'],
    [['a.*.q', 'a.*.k'], 'b.*.qk'],
    ['c.x', 'd.y'],
  ];

  test('a rule fits whole path segments, the first that fits holds, and indices are kept', () => {
    const names = mapNames(
      headerOf({
        'a.12.q.weight': ['F32', [2, 3]],
        'a.12.k.weight': ['F32', [4, 3]],
        'a.12.q.bias': ['F32', [2]],
        'a.12.qq.weight': ['F32', [1]],
        'xa.1.q.weight': ['F32', [1]],
        'c.x': ['F32', [1]],
        'c.xx': ['F32', [1]],
        cox: ['F32', [1]],
      }),
      fused,
      'f',
    );
    expect([...names]).toEqual([
      ['b.12.qk.weight', ['a.12.q.weight', 'a.12.k.weight']],
      ['b.12.q_bias', ['a.12.q.bias']],
      ['a.12.qq.weight', ['a.12.qq.weight']],
      ['xa.1.q.weight', ['xa.1.q.weight']],
      ['d.y', ['c.x']],
      ['c.xx', ['c.xx']],
      ['cox', ['cox']],
    ]);
  });

  test('two tensors for one name are refused', () => {
    const error = faultOf(() =>
      mapNames(headerOf({ 'a.1.q.bias': ['F32', [2]], 'b.1.q_bias': ['F32', [2]] }), fused, 'f'),
    );
    expect(error).toMatchObject({ code: 'MODEL_NAMES', tensor: 'b.1.q_bias', actual: ['a.1.q.bias', 'b.1.q_bias'] });
    expect(
      faultOf(() =>
        mapNames(headerOf({ 'a.1.q.weight': ['F32', [2, 3]], 'b.1.qk.weight': ['F32', [2, 3]] }), fused, 'f'),
      ).code,
    ).toBe('MODEL_NAMES');
  });

  test('parts that cannot be stacked are refused, with their shapes', () => {
    const error = faultOf(() =>
      mapNames(headerOf({ 'a.1.q.weight': ['F32', [2, 3]], 'a.1.k.weight': ['F32', [2, 4]] }), fused, 'f'),
    );
    expect(error.code).toBe('MODEL_SHAPE');
    expect(error.message).toContain('"a.1.q.weight" [2, 3], "a.1.k.weight" [2, 4]');
  });
});
