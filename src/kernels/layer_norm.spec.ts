import { layerNorm, type LayerNormAttrs } from './layer_norm.js';
import { blank, defineSpec, need, type Expected, type Fill, type Tensors } from './spec.js';

/**
 * Layer norm of rows. Magnitude: both x and the mean are rounded before they are divided by the deviation, so a large
 * mean costs digits.
 */
export function layerNormLoops(
  rows: readonly Float64Array[],
  gamma: Float64Array,
  beta: Float64Array,
  eps: number,
): Pick<Expected, 'values' | 'magnitude'> {
  const C = gamma.length;
  const y = blank([rows.length, C]);
  rows.forEach((row, t) => {
    const mean = row.reduce((sum, v) => sum + v, 0) / C;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / C;
    const size = row.reduce((sum, v) => sum + Math.abs(v), 0) / C;
    const deviation = Math.sqrt(variance + eps);
    row.forEach((v, c) => {
      const at = t * C + c;
      const [g, b] = [gamma[c] as number, beta[c] as number];
      y.values[at] = ((v - mean) / deviation) * g + b;
      y.magnitude[at] = (Math.abs(g) * (Math.abs(v) + size)) / deviation + Math.abs(b);
    });
  });
  return y;
}

function reference(inputs: Tensors, { eps }: LayerNormAttrs): { y: Expected } {
  const x = need(inputs, 'x');
  const [T, C] = x.type.shape as [number, number];
  const rows = Array.from({ length: T }, (_, t) => x.data.subarray(t * C, (t + 1) * C));
  const y = layerNormLoops(rows, need(inputs, 'gamma').data, need(inputs, 'beta').data, eps);
  return { y: { ...y, shape: [T, C] } };
}

const shapes = (T: number, C: number) => ({ x: [T, C], gamma: [C], beta: [C] });
const spread = (mean: number, deviation: number): Record<string, Fill> => ({
  x: (next) => mean + deviation * Math.sqrt(12) * (next() - 0.5),
});

export const layerNormSpec = defineSpec({
  op: layerNorm,
  gate: 8,
  half: [],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one row of one vector', inputs: shapes(1, 4), attrs: { eps: 1e-6 } },
    { name: 'prime rows, fewer vectors than invocations', inputs: shapes(7, 20), attrs: { eps: 1e-6 } },
    { name: 'one vector fewer than invocations', inputs: shapes(3, 252), attrs: { eps: 1e-6 } },
    { name: 'one vector more than invocations', inputs: shapes(3, 260), attrs: { eps: 1e-5 } },
    { name: 'width of ViT-S', inputs: shapes(5, 384), attrs: { eps: 1e-6 } },
    { name: 'width of ViT-L', inputs: shapes(2, 1024), attrs: { eps: 1e-6 } },
    { name: 'outliers of ±800', inputs: shapes(5, 384), attrs: { eps: 1e-6 }, fill: { x: 'outliers' } },
    { name: 'low variance, eps 1e-6', inputs: shapes(3, 384), attrs: { eps: 1e-6 }, fill: spread(0, 1e-3) },
    { name: 'low variance, eps 1e-5', inputs: shapes(3, 384), attrs: { eps: 1e-5 }, fill: spread(0, 1e-3) },
    { name: 'constant rows', inputs: shapes(3, 384), attrs: { eps: 1e-6 }, fill: spread(0.3, 0) },
    { name: 'mean a thousand deviations away', inputs: shapes(3, 384), attrs: { eps: 1e-6 }, fill: spread(1000, 1) },
    { name: 'past 65,535 workgroups', inputs: shapes(65_537, 4), attrs: { eps: 1e-6 } },
  ],
  perf: [
    { name: 'Depth Anything small 518', inputs: shapes(1370, 384), attrs: { eps: 1e-6 } },
    { name: 'Depth Anything base 518', inputs: shapes(1370, 768), attrs: { eps: 1e-6 } },
    { name: 'Depth Anything large 518', inputs: shapes(1370, 1024), attrs: { eps: 1e-6 } },
  ],
});
