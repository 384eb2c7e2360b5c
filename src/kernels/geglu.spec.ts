import { geluReference } from './activation.spec.js';
import { geglu } from './geglu.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';
import type { TensorType } from '../tensor.js';

function reference(inputs: Tensors, _attrs: object, out: { y: TensorType }): { y: Expected } {
  const [x, weight, bias] = [need(inputs, 'x'), need(inputs, 'weight'), need(inputs, 'bias')];
  const [K, columns] = weight.type.shape as [number, number];
  const M = x.type.shape[0] as number;
  const y = blank([M, columns / 2]);
  const sumAt = (m: number, column: number) => {
    let [sum, size] = [bias.data[column]!, Math.abs(bias.data[column]!)];
    for (let k = 0; k < K; k++) {
      const product = x.data[m * K + k]! * weight.data[k * columns + column]!;
      [sum, size] = [sum + product, size + Math.abs(product)];
    }
    return { sum, size };
  };
  for (let i = 0; i < y.values.length; i++) {
    const [m, n] = [Math.floor(i / (columns / 2)), i % (columns / 2)];
    const column = 4 * Math.floor(n / 2) + (n % 2);
    const [value, gate] = [sumAt(m, column), sumAt(m, column + 2)];
    y.values[i] = saturate(value.sum * geluReference(gate.sum), out.y);
    y.magnitude[i] = value.size * gate.size + value.size + gate.size;
  }
  return { y };
}

const shapes = (M: number, K: number, N: number) => ({ x: [M, K], weight: [K, 2 * N], bias: [2 * N] });

export const gegluSpec = defineSpec({
  op: geglu,
  longKernels: ['split'],
  gate: 8,
  half: ['x', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one row', inputs: shapes(1, 4, 4), attrs: {} },
    { name: 'prime rows, odd column tiles', inputs: shapes(37, 20, 12), attrs: {} },
    { name: 'more columns than a tile', inputs: shapes(17, 64, 256), attrs: {}, half: false },
    { name: 'outliers: f16 saturates', inputs: shapes(9, 40, 8), attrs: {}, fill: 'outliers' },
  ],
  perf: [
    { name: 'Video Depth Anything small 252, first module', inputs: shapes(324, 192, 768), attrs: {} },
    { name: 'Video Depth Anything small 252, second module', inputs: shapes(81, 384, 1536), attrs: {} },
    { name: 'Video Depth Anything small 252, fourth module', inputs: shapes(1296, 64, 256), attrs: {} },
  ],
});
