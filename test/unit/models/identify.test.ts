import { describe, expect, test } from 'vitest';
import { ModelMismatchError } from '../../../src/errors.js';
import { depthAnything } from '../../../src/models/families/depth_anything.js';
import { code } from '../../../src/models/networks/depth_anything.js';
import { describeArchitecture, identify } from '../../../src/models/identify.js';
import { registry } from '../../../src/models/registry.js';
import { resolveFile } from '../../../src/models/resolve_file.js';
import { headerOf, readFixture, type TensorList } from '../weights/checkpoint_headers.js';
import { faultOf, faultOfAsync } from '../weights/safetensors_file.js';

/** One tensor of every kind of each published checkpoint. */
const outlines = readFixture<Record<string, TensorList>>('outlines');
const configs = readFixture<Record<string, unknown>>('hub_configs');

const known: Readonly<Record<string, string>> = {
  'beit-base-384.hf': 'dpt-beit base-384 hub',
  'beit-large-384.hf': 'dpt-beit large-384 hub',
  'beit-large-512.hf': 'dpt-beit large-512 hub',
  'da2-b.hf': 'depth-anything base hub',
  'da2-l.hf': 'depth-anything large hub',
  'da2-s.hf': 'depth-anything small hub',
  'da2m-s.hf': 'depth-anything small hub',
  'da3-base.original': 'depth-anything-3 base original',
  'da3-large.original': 'depth-anything-3 large original',
  'da3-small.original': 'depth-anything-3 small original',
  'da3mono-large.original': 'depth-anything-3 large with sky original',
  'distill-any-depth-large.original': 'distill-any-depth large chunked',
  'distill-any-depth-small.original': 'depth-anything small original',
  'dpt-hybrid-midas.hf': 'dpt-hybrid hybrid hub',
  'dpt-large.hf': 'dpt-large large hub',
  'dpt_beit_base_384.original': 'dpt-beit base-384 original',
  'dpt_beit_large_384.original': 'dpt-beit large-384 original',
  'dpt_beit_large_512.original': 'dpt-beit large-512 original',
  'dpt_hybrid_384.original': 'dpt-hybrid hybrid original',
  'dpt_large_384.original': 'dpt-large large original',
  'dpt_levit_224.original': 'dpt-levit large original',
  'dpt_next_vit_large_384.original': 'dpt-next-vit large original',
  'dpt_swin2_base_384.original': 'dpt-swin2 base original',
  'dpt_swin2_large_384.original': 'dpt-swin2 large original',
  'dpt_swin2_tiny_256.original': 'dpt-swin2 tiny original',
  'dpt_swin_large_384.original': 'dpt-swin large original',
  'midas_v21_384.original': 'midas-v2-large large original',
  'midas_v21_small_256.original': 'midas-v21-small small original',
  'swinv2-base.hf': 'dpt-swin2 base hub',
  'swinv2-large.hf': 'dpt-swin2 large hub',
  'swinv2-tiny.hf': 'dpt-swin2 tiny hub',
  'zoe-K.hf': 'zoedepth k hub',
  'zoe-N.hf': 'zoedepth n hub',
  'zoe-NK.hf': 'zoedepth nk hub',
};

/** Two networks in one file. */
const NESTED = 'da3nested-giant-large.original';

describe('identify', () => {
  test('the table covers every outline', () => {
    expect(Object.keys(outlines).sort()).toEqual([...Object.keys(known), NESTED].sort());
  });

  test.each(Object.entries(known))('%s is %s', (name, expected) => {
    const header = headerOf(outlines[name]!);
    const { family, size, nameStyle } = identify(header, name);
    expect(`${family} ${size} ${nameStyle}`).toBe(expected);
  });

  test('nano by its metadata, and MiDaS small without it', () => {
    const midas = headerOf(outlines['midas_v21_small_256.original']!);
    const sizeOf = (model: string) => identify({ ...midas, metadata: new Map([['model', model]]) }, 'f').size;
    expect([sizeOf('nano'), sizeOf('other')]).toEqual(['nano', 'small']);
    const anything = headerOf(outlines['da2-s.hf']!);
    expect(identify({ ...anything, metadata: new Map([['model', 'nano']]) }, 'f').family).toBe('depth-anything');
  });

  test('original names of Depth Anything, by width', () => {
    const head: TensorList = { 'depth_head.scratch.output_conv2.2.weight': ['F32', [1, 32, 1, 1]] };
    for (const [width, size] of [
      [384, 'small'],
      [768, 'base'],
      [1024, 'large'],
      [1536, 'giant'],
    ] as const) {
      expect(identify(headerOf({ ...head, 'pretrained.cls_token': ['F32', [1, 1, width]] }), 'f')).toEqual({
        family: 'depth-anything',
        size,
        nameStyle: 'original',
      });
    }
    const error = faultOf(() => identify(headerOf({ ...head, 'pretrained.cls_token': ['F32', [1, 1, 512]] }), 'f'));
    expect(error).toMatchObject({ code: 'MODEL_UNKNOWN', tensor: 'pretrained.cls_token', actual: [1, 1, 512] });
    expect(error.message).toContain('looks like Depth Anything, but no published size fits');
    expect(faultOf(() => identify(headerOf(head), 'f')).message).toContain('"pretrained.cls_token" is missing');
  });

  test.each([
    ['a DINOv2 encoder', { 'encoder.layer.0.layer_scale1.lambda1': ['F32', [384]] }, 'a DINOv2 encoder alone'],
    ['a nested Depth Anything 3', outlines[NESTED]!, 'a nested Depth Anything 3 model'],
    [
      'an encoder of Depth Anything 3',
      { 'model.backbone.pretrained.cls_token': ['F32', [1, 1, 384]] },
      'a Depth Anything 3 encoder alone',
    ],
    ['a language model', { 'model.layers.0.self_attn.q_proj.weight': ['F32', [1]] }, 'a language model'],
    [
      'a decoder without its head',
      { 'pretrained.layer1.3.0.conv_dw.weight': ['F32', [32, 1, 3, 3]] },
      '"pretrained.layer1.3.0.conv_dw.weight"',
    ],
    [
      'anything else',
      { a: ['F32', [1]], b: ['F32', [1]], c: ['F32', [1]], d: ['F32', [1]] },
      'Its first tensors are "a", "b", "c".',
    ],
    ['nothing', {}, 'It holds no tensors.'],
  ] as readonly (readonly [string, TensorList, string])[])(
    '%s is refused, and says what it looks like',
    (_, list, says) => {
      const error = faultOf(() => identify(headerOf(list), 'net.safetensors'));
      expect(error).toBeInstanceOf(ModelMismatchError);
      expect(error.code).toBe('MODEL_UNKNOWN');
      expect(error.message).toContain('net.safetensors');
      expect(error.message).toContain(says);
    },
  );

  test.each(Object.keys(known))(
    '%s is loaded, refused or in want of a name, as its family can be run',
    async (name) => {
      const header = headerOf(outlines[name]!);
      const { family, size } = identify(header, name);
      const entries = registry.filter((entry) => entry.family === family && entry.size === size);
      const resolved = resolveFile(header, name, undefined, async () => undefined).catch((error: unknown) => error);
      if (entries.length === 1) expect(await resolved).toBe(entries[0]);
      else expect(await resolved).toMatchObject({ code: entries.length > 1 ? 'MODEL_AMBIGUOUS' : 'MODEL_UNSUPPORTED' });
    },
  );

  test('a file of one family loaded as another', async () => {
    const header = headerOf(outlines['dpt_large_384.original']!);
    const error = await faultOfAsync(() => resolveFile(header, 'net.safetensors', registry[0], async () => undefined));
    expect(error).toMatchObject({ code: 'MODEL_ARCHITECTURE', expected: 'depth-anything-v2-small' });
    expect(error.message).toContain('this looks like DPT large (original names), not Depth Anything V2 small');
    expect(describeArchitecture(identify(header, 'f'))).toBe('DPT large (original names)');
  });
});

describe('the config of Depth Anything on the hub', () => {
  /** The models of a size that a configuration means. */
  const meant = (size: string, json: unknown): string[] => {
    const entries = depthAnything.entries.filter((entry) => entry.size === size);
    return code.configured!(entries, json, 'config.json').map(({ name }) => name);
  };

  test('the published configurations', () => {
    expect(meant('small', configs['da2-s.hf'])).toEqual(['depth-anything-v2-small']);
    expect(meant('base', configs['da2-b.hf'])).toEqual(['depth-anything-v2-base']);
    expect(meant('large', configs['da2-l.hf'])).toEqual(['depth-anything-v2-large']);
    expect(meant('small', configs['da2m-s.hf'])).toEqual(['depth-anything-v2-metric-indoor-small']);
    expect(meant('small', { ...(configs['da2m-s.hf'] as object), max_depth: 80 })).toEqual([
      'depth-anything-v2-metric-outdoor-small',
    ]);
  });

  const config = (backbone: object, more: object = {}) => ({
    model_type: 'depth_anything',
    backbone_config: backbone,
    ...more,
  });

  test('version 1 by its taps, from indices or from feature names, with defaults filled in', () => {
    const v1 = ['depth-anything-v1-small'];
    expect(meant('small', config({ num_hidden_layers: 12, out_indices: [9, 10, 11, 12] }))).toEqual(v1);
    expect(meant('large', config({ num_hidden_layers: 24, out_indices: [21, 22, 23, 24] }))).toEqual([
      'depth-anything-v1-large',
    ]);
    expect(meant('small', config({ out_features: ['stage9', 'stage10', 'stage11', 'stage12'] }))).toEqual(v1);
  });

  test.each([
    ['another model', configs['zoe-N.hf'], '"zoedepth"'],
    ['no configuration', 'hello', 'missing'],
    ['taps of no version', config({ num_hidden_layers: 12, out_indices: [3, 6, 9, 11] }), '[2, 5, 8, 10]'],
    ['taps of another depth', config({ num_hidden_layers: 24, out_indices: [3, 6, 9, 12] }), '24 blocks'],
    ['taps of another size', config({ num_hidden_layers: 24, out_indices: [21, 22, 23, 24] }), '24 blocks'],
    ['no taps', config({}), 'taps []'],
    ['features that are no stages', config({ out_features: ['stem', 'b', 'c', 'd'] }), 'no published model'],
    ['an unknown kind', config({ out_indices: [3, 6, 9, 12] }, { depth_estimation_type: 'absolute' }), '"absolute"'],
    [
      'metric without a range',
      config({ out_indices: [3, 6, 9, 12] }, { depth_estimation_type: 'metric' }),
      '"max_depth"',
    ],
    [
      'metric with a range of no published model',
      config({ out_indices: [3, 6, 9, 12] }, { depth_estimation_type: 'metric', max_depth: 40 }),
      '"max_depth" 40',
    ],
    [
      'metric with a range of null',
      config({ out_indices: [3, 6, 9, 12] }, { depth_estimation_type: 'metric', max_depth: null }),
      'null',
    ],
  ])('%s is refused', (_, json, says) => {
    const error = faultOf(() => meant('small', json));
    expect(error).toBeInstanceOf(ModelMismatchError);
    expect(error.code).toBe('MODEL_CONFIG');
    expect(error.message).toContain('config.json');
    expect(error.message).toContain(says);
  });
});
