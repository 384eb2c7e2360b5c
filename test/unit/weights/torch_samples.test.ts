import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTorchBytes } from './torch_bytes.js';

/** Files of torch.save in every form, each with what is in it, or why it is refused. */
const SAMPLES = join(import.meta.dirname, '../../../../shared/pt_samples');
const here = existsSync(SAMPLES);
if (!here) console.warn(`No samples of PyTorch files at ${SAMPLES}: they are not read.`);

interface Sample {
  readonly tensors?: Readonly<Record<string, { dtype: string; shape: number[]; sha256: string }>>;
  readonly refuse?: string;
}

const DTYPES: Readonly<Record<string, string>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  float64: 'F64',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

/** The global or opcode that each refusal names. */
const REFUSED: Readonly<Record<string, [string, RegExp]>> = {
  namespace: ['PT_FORBIDDEN_SYMBOL', /"argparse\.Namespace"/],
  numpy_scalar: ['PT_FORBIDDEN_SYMBOL', /"numpy\._core\.multiarray\.\w+"/],
  whole_module: ['PT_FORBIDDEN_SYMBOL', /"\w+(\.\w+)+"/],
  whole_module_legacy: ['PT_FORBIDDEN_SYMBOL', /"\w+(\.\w+)+"/],
  new_dtypes: ['PT_DTYPE', /torch\._utils\._rebuild_tensor_v3|torch\.storage\.UntypedStorage/],
  proto4: ['PT_OPCODE', /protocol 4/],
};

async function read(file: string) {
  const data = readFileSync(file);
  const torch = await openTorchBytes(data);
  const found: Record<string, { dtype: string; shape: number[]; sha256: string }> = {};
  for await (const { entry, bytes } of torch.tensors()) {
    found[entry.name] = {
      dtype: entry.dtype,
      shape: [...entry.shape],
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
  }
  expect(Object.keys(found).sort()).toEqual([...torch.table.tensors.keys()].sort());
  return found;
}

describe.skipIf(!here)('samples of PyTorch files', () => {
  const names = here
    ? readdirSync(SAMPLES)
        .filter((name) => name.endsWith('.pt'))
        .map((name) => name.slice(0, -3))
    : [];

  it.each(names)('%s', async (name) => {
    const sample = JSON.parse(readFileSync(join(SAMPLES, `${name}.json`), 'utf8')) as Sample;
    const reading = read(join(SAMPLES, `${name}.pt`));
    if (sample.refuse !== undefined) {
      const [code, words] = REFUSED[name] as [string, RegExp];
      await expect(reading).rejects.toMatchObject({
        name: 'WeightsFormatError',
        code,
        message: expect.stringMatching(words),
      });
      return;
    }
    const prefix = name === 'module_prefix' ? 'module.' : name === 'lightning_like' ? 'pipeline.' : '';
    const expected = Object.entries(sample.tensors ?? {}).map(([key, { dtype, ...rest }]) => [
      `${prefix}${key}`,
      { dtype: DTYPES[dtype], ...rest },
    ]);
    expect(await reading).toEqual(Object.fromEntries(expected));
  });
});
