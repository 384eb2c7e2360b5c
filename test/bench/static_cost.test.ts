import { describe, expect, it } from 'vitest';
import { parseAssembly } from '../../bench/static/assembly.js';
import { waveCost } from '../../bench/static/cost_model.js';

function costOf(line: string) {
  const program = parseAssembly(`BB0:\n\t${line}    ; cc0e401a 0c6a8746\n`);
  return waveCost(program, new Map([[program.root, 1]]), 32);
}

describe('the cost of a wave', () => {
  it.each([
    ['v_fmac_f32_e32 v1, v2, v3', 1, 1],
    ['v_fma_mix_f32 v1, v2, v3, v1 op_sel_hi:[1,0,0]', 1, 1],
    ['v_pk_fma_f16 v26, v70, v67, v26 op_sel_hi:[1,0,1]', 2, 2],
    ['v_pk_mul_f16 v26, v70, v67', 0, 2],
    ['v_pk_add_f16 v26, v70, v67', 0, 0],
  ])('has the multiply-adds of %s, in one clock', (line, fma, products) => {
    expect(costOf(line)).toMatchObject({ fma, products, valu: 1, fmaClocks: fma > 0 ? 1 : 0 });
  });
});
