import { describe, expect, test } from 'vitest';
import { ModelMismatchError } from '../../../src/errors.js';
import { registry } from '../../../src/models/registry.js';
import { resolveFile } from '../../../src/models/resolve_file.js';
import { knownArchitecture } from '../../../src/weights/architecture.js';
import { describeArchitecture, detectArchitecture } from '../../../src/weights/detect_architecture.js';
import { readHubConfig } from '../../../src/weights/hub_config.js';
import { headerOf, readFixture, type TensorList } from './checkpoint_headers.js';
import { faultOf } from './safetensors_file.js';

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
  'midas_v21_384.original': 'midas-v21 large original',
  'midas_v21_small_256.original': 'midas-v21-small small original',
  'swinv2-base.hf': 'dpt-swin2 base hub',
  'swinv2-large.hf': 'dpt-swin2 large hub',
  'swinv2-tiny.hf': 'dpt-swin2 tiny hub',
  'zoe-K.hf': 'zoedepth k hub',
  'zoe-N.hf': 'zoedepth n hub',
  'zoe-NK.hf': 'zoedepth nk hub',
};

describe('detectArchitecture', () => {
  test('the table covers every outline', () => {
    expect(Object.keys(outlines).sort()).toEqual(Object.keys(known).sort());
  });

  test.each(Object.entries(known))('%s is %s', (name, expected) => {
    const header = headerOf(outlines[name]!);
    const { family, size, nameStyle } = detectArchitecture(header, name);
    expect(`${family} ${size} ${nameStyle}`).toBe(expected);
    const runs = registry.some((entry) => entry.family === family && entry.size === size);
    expect(knownArchitecture(header)).toEqual(runs ? { family, size, nameStyle } : undefined);
  });

  test('nano by its metadata, and MiDaS small without it', () => {
    const midas = headerOf(outlines['midas_v21_small_256.original']!);
    const sizeOf = (model: string) => detectArchitecture({ ...midas, metadata: new Map([['model', model]]) }, 'f').size;
    expect([sizeOf('nano'), sizeOf('other')]).toEqual(['nano', 'small']);
    const anything = headerOf(outlines['da2-s.hf']!);
    expect(detectArchitecture({ ...anything, metadata: new Map([['model', 'nano']]) }, 'f').family).toBe(
      'depth-anything',
    );
  });

  test('original names of Depth Anything, by width', () => {
    const head: TensorList = { 'depth_head.scratch.output_conv2.2.weight': ['F32', [1, 32, 1, 1]] };
    for (const [width, size] of [
      [384, 'small'],
      [768, 'base'],
      [1024, 'large'],
      [1536, 'giant'],
    ] as const) {
      expect(detectArchitecture(headerOf({ ...head, 'pretrained.cls_token': ['F32', [1, 1, width]] }), 'f')).toEqual({
        family: 'depth-anything',
        size,
        nameStyle: 'original',
      });
    }
    const error = faultOf(() =>
      detectArchitecture(headerOf({ ...head, 'pretrained.cls_token': ['F32', [1, 1, 512]] }), 'f'),
    );
    expect(error).toMatchObject({ code: 'MODEL_UNKNOWN', tensor: 'pretrained.cls_token', actual: [1, 1, 512] });
    expect(error.message).toContain('looks like Depth Anything, but no published size fits');
    expect(faultOf(() => detectArchitecture(headerOf(head), 'f')).message).toContain(
      '"pretrained.cls_token" is missing',
    );
  });

  test.each([
    ['a DINOv2 encoder', { 'encoder.layer.0.layer_scale1.lambda1': ['F32', [384]] }, 'a DINOv2 encoder alone'],
    ['Depth Anything 3', { 'model.head.scratch.sky_output_conv2.0.weight': ['F32', [1]] }, 'Depth Anything 3'],
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
      const error = faultOf(() => detectArchitecture(headerOf(list), 'net.safetensors'));
      expect(error).toBeInstanceOf(ModelMismatchError);
      expect(error.code).toBe('MODEL_UNKNOWN');
      expect(error.message).toContain('net.safetensors');
      expect(error.message).toContain(says);
    },
  );

  test('a file of one family loaded as another', () => {
    const header = headerOf(outlines['dpt_large_384.original']!);
    const error = faultOf(() => resolveFile(header, 'net.safetensors', registry[0]));
    expect(error).toMatchObject({ code: 'MODEL_ARCHITECTURE', expected: 'depth-anything-v2-small' });
    expect(error.message).toContain('this looks like DPT large (original names), not Depth Anything V2 small');
    expect(describeArchitecture(detectArchitecture(header, 'f'))).toBe('DPT large (original names)');
  });
});

describe('readHubConfig', () => {
  test('the published configurations', () => {
    expect(readHubConfig(configs['da2-s.hf'], 'c')).toEqual({
      version: 2,
      taps: [2, 5, 8, 11],
      kind: 'relative',
      maxDepth: undefined,
    });
    expect(readHubConfig(configs['da2-b.hf'], 'c')).toMatchObject({ version: 2, taps: [2, 5, 8, 11] });
    expect(readHubConfig(configs['da2-l.hf'], 'c')).toMatchObject({
      version: 2,
      taps: [4, 11, 17, 23],
      kind: 'relative',
    });
    expect(readHubConfig(configs['da2m-s.hf'], 'c')).toEqual({
      version: 2,
      taps: [2, 5, 8, 11],
      kind: 'metric',
      maxDepth: 20,
    });
  });

  const config = (backbone: object, more: object = {}) => ({
    model_type: 'depth_anything',
    backbone_config: backbone,
    ...more,
  });

  test('version 1 by its taps, from indices or from feature names, with defaults filled in', () => {
    expect(readHubConfig(config({ num_hidden_layers: 12, out_indices: [9, 10, 11, 12] }), 'c').version).toBe(1);
    expect(readHubConfig(config({ num_hidden_layers: 24, out_indices: [21, 22, 23, 24] }), 'c')).toMatchObject({
      version: 1,
      taps: [20, 21, 22, 23],
      kind: 'relative',
    });
    expect(readHubConfig(config({ out_features: ['stage9', 'stage10', 'stage11', 'stage12'] }), 'c').version).toBe(1);
  });

  test.each([
    ['another model', configs['zoe-N.hf'], '"zoedepth"'],
    ['no configuration', 'hello', 'missing'],
    ['taps of no version', config({ num_hidden_layers: 12, out_indices: [3, 6, 9, 11] }), '[2, 5, 8, 10]'],
    ['taps of another depth', config({ num_hidden_layers: 24, out_indices: [3, 6, 9, 12] }), '24 blocks'],
    ['no taps', config({}), 'taps []'],
    ['features that are no stages', config({ out_features: ['stem', 'b', 'c', 'd'] }), 'no published version'],
    ['an unknown kind', config({ out_indices: [3, 6, 9, 12] }, { depth_estimation_type: 'absolute' }), '"absolute"'],
    [
      'metric without a range',
      config({ out_indices: [3, 6, 9, 12] }, { depth_estimation_type: 'metric' }),
      '"max_depth"',
    ],
    [
      'metric with a range of null',
      config({ out_indices: [3, 6, 9, 12] }, { depth_estimation_type: 'metric', max_depth: null }),
      'null',
    ],
  ])('%s is refused', (_, json, says) => {
    const error = faultOf(() => readHubConfig(json, 'config.json'));
    expect(error).toBeInstanceOf(ModelMismatchError);
    expect(error.code).toBe('MODEL_CONFIG');
    expect(error.message).toContain('config.json');
    expect(error.message).toContain(says);
  });
});
