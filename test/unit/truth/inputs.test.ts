import { describe, expect, it } from 'vitest';
import { fillOf, sample } from '../../../src/kernels/spec.js';
import { byteLength } from '../../../src/tensor.js';
import { makeInputs, storedInputs, storedOf, type Stored } from '../../../truth/inputs.js';
import { random } from '../../../truth/random.js';
import { specs } from '../../../truth/specs.js';

describe.each(specs.map((spec) => [spec.op.name, spec] as const))('inputs of %s', (_, spec) => {
  it('are what a buffer or texture holds, and what the reference sees, bit for bit', () => {
    for (const kase of spec.cases.slice(0, 3)) {
      for (const half of spec.halfAttrs && kase.half !== false ? [false, true] : [false]) {
        const [tensors, stored] = [makeInputs(spec, kase, half), storedInputs(spec, kase, half)];
        expect(Object.keys(tensors)).toEqual(Object.keys(kase.inputs));
        for (const [name, tensor] of Object.entries(tensors)) {
          const { type, bytes } = stored[name] as Stored;
          expect(tensor.type.shape).toEqual(kase.inputs[name]);
          const back = storedOf(tensor);
          expect(back.type).toEqual(type);
          expect(Buffer.compare(back.bytes, bytes), `${kase.name}, ${name}`).toBe(0);
          if (type.dtype !== 'texture') expect(bytes.length).toBe(byteLength(type));
        }
      }
    }
  });

  it('start with the first numbers of their seed', () => {
    const kase = spec.cases[0] as (typeof spec.cases)[number];
    const [name = '', tensor] = Object.entries(makeInputs(spec, kase, false, 7))[0] ?? [];
    if (tensor?.type.dtype !== 'f32') return;
    const next = random(7);
    const first = Array.from(tensor.data.subarray(0, 4), (_value, i) =>
      Math.fround(sample(fillOf(kase, name), next, i)),
    );
    expect([...tensor.data.subarray(0, 4)]).toEqual(first);
  });
});
