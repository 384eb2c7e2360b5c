import { describe, expect, test } from 'vitest';
import { ModelMismatchError } from '../../../src/errors.js';
import { missingTensors, surplusTensors } from '../../../src/weights/misfit.js';
import { mapNames } from '../../../src/weights/names.js';
import { Weights } from '../../../src/weights/weights.js';
import { headerOf, type TensorList } from './checkpoint_headers.js';
import { faultOf } from './safetensors_file.js';

const list: TensorList = {
  'blocks.0.norm.weight': ['F32', [768]],
  'blocks.0.norm.bias': ['F16', [768]],
  'blocks.1.norm.weight': ['BF16', [768]],
  'blocks.1.norm.bias': ['F64', [768]],
  'blocks.0.q.weight': ['F32', [4, 8]],
  'blocks.0.k.weight': ['F32', [2, 8]],
  'blocks.0.counter': ['I64', []],
  scale: ['F32', []],
};
const view = (): Weights => {
  const header = headerOf(list);
  return Weights.from(
    header,
    'net.safetensors',
    mapNames(header, [[['blocks.*.q', 'blocks.*.k'], 'blocks.*.qk']], 'net'),
  );
};

describe('Weights', () => {
  test('paths lead to tensors', () => {
    const block = view().at('blocks').at(0);
    expect(block.at('norm').get('weight', [768])).toEqual({
      name: 'blocks.0.norm.weight',
      shape: [768],
      sources: ['blocks.0.norm.weight'],
    });
    expect(block.get('norm.bias', [768]).name).toBe('blocks.0.norm.bias');
    expect(view().get('scale', [])).toEqual({ name: 'scale', shape: [], sources: ['scale'] });
    expect(block.at('qk').get('weight', [6, 8])).toEqual({
      name: 'blocks.0.qk.weight',
      shape: [6, 8],
      sources: ['blocks.0.q.weight', 'blocks.0.k.weight'],
    });
  });

  test('has and shapeOf look without using', () => {
    const weights = view();
    expect(weights.at('blocks.0').has('norm.weight')).toBe(true);
    expect(weights.at('blocks.0').has('norm')).toBe(false);
    expect(weights.has('constructor')).toBe(false);
    expect(weights.at('blocks.0.qk').shapeOf('weight')).toEqual([6, 8]);
    expect(weights.shapeOf('nothing')).toBeUndefined();
    expect(weights.unused()).toHaveLength(8);
  });

  test('unused lists what nobody asked for, in the spelling of the file, but for a list of model-side names', () => {
    const weights = view();
    for (const i of [0, 1])
      for (const leaf of ['weight', 'bias']) weights.at('blocks').at(i).at('norm').get(leaf, [768]);
    expect(weights.unused([/\.counter$/, /^blocks\.0\.qk\./])).toEqual(['scale']);
    weights.get('scale', []);
    expect(weights.unused([/\.counter$/])).toEqual(['blocks.0.q.weight', 'blocks.0.k.weight']);
  });

  test('S35: another shape is never reshaped', () => {
    for (const shape of [[767], [1, 768], [768, 1], []]) {
      const error = faultOf(() => view().at('blocks.0.norm').get('weight', shape));
      expect(error).toBeInstanceOf(ModelMismatchError);
      expect(error).toMatchObject({
        code: 'MODEL_SHAPE',
        tensor: 'blocks.0.norm.weight',
        expected: shape,
        actual: [768],
        source: 'net.safetensors',
        phase: 'build',
      });
      expect(error.message).toContain(`[${shape.join(', ')}]`);
      expect(error.message).toContain('[768]');
    }
    expect(faultOf(() => view().get('blocks.0.qk.weight', [8, 6])).code).toBe('MODEL_SHAPE');
  });

  test('S19: an element type that cannot be a weight, once it is needed', () => {
    const error = faultOf(() => view().get('blocks.0.counter', []));
    expect(error).toBeInstanceOf(ModelMismatchError);
    expect(error).toMatchObject({ code: 'MODEL_DTYPE', tensor: 'blocks.0.counter', actual: 'I64' });
  });

  test('S33: all missing tensors at once: five names, their number, and the nearest names', () => {
    const weights = view();
    for (let i = 2; i < 9; i++) weights.at('blocks').at(i).at('norm').get('weight', [768]);
    weights.get('scale', []);
    const error = missingTensors(weights.misfit([]));
    expect(error).toBeInstanceOf(ModelMismatchError);
    expect(error).toMatchObject({
      code: 'MODEL_MISSING_TENSOR',
      tensor: 'blocks.2.norm.weight',
      source: 'net.safetensors',
    });
    expect(error.message).toContain('lacks 7 tensors');
    for (let i = 2; i < 7; i++) expect(error.message).toContain(`"blocks.${i}.norm.weight"`);
    expect(error.message).toContain('and 2 more');
    expect(error.message).toContain('Nearest to the first: "blocks.0.norm.weight", "blocks.1.norm.weight"');
    expect(error.message).not.toContain('"scale"');
  });

  test('S33: one missing among very many is told at once', () => {
    const names = Array.from({ length: 50_000 }, (_, i) => [`blocks.${i}.weight`, ['F32', [1]]] as const);
    const weights = Weights.from(headerOf(Object.fromEntries(names)), 'large');
    weights.get('blocks.x.weight', [1]);
    const start = performance.now();
    expect(missingTensors(weights.misfit([]))).toMatchObject({
      code: 'MODEL_MISSING_TENSOR',
      tensor: 'blocks.x.weight',
    });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test('S34: tensors that nobody asked for: five names and their number, but for a list', () => {
    const weights = view();
    weights.get('blocks.0.norm.weight', [768]);
    weights.get('scale', []);
    expect(surplusTensors(weights.misfit([/counter$/]))).toEqual({
      code: 'MODEL_SURPLUS_TENSOR',
      message:
        'net.safetensors: the model uses all but 5 tensors of the file: "blocks.0.norm.bias", ' +
        '"blocks.1.norm.weight", ' +
        '"blocks.1.norm.bias", "blocks.0.q.weight", "blocks.0.k.weight".',
    });
    expect(surplusTensors(weights.misfit([])).message).toMatch(/all but 6 tensors of the file: .* and 1 more\.$/);
    expect(weights.misfit([/counter$|norm|qk/])).toMatchObject({ missing: [], unused: [] });
  });

  test('S32: a file without tensors', () => {
    const weights = Weights.from(headerOf({}), 'empty');
    weights.get('a', [1]);
    const error = missingTensors(weights.misfit([]));
    expect(error.code).toBe('MODEL_MISSING_TENSOR');
    expect(error.message).toContain('lacks 1 tensor of');
    expect(error.message).toContain('holds no tensors');
  });
});
