import { headRotary, type HeadRotaryAttrs } from './head_rotary.js';
import { blank, defineSpec, need, type Expected, type KernelCase, type Tensors } from './spec.js';

interface Sized {
  readonly value: number;
  readonly magnitude: number;
}

/** LayerNorm of a vector, with the scale of its rounding errors, as in `layer_norm.spec.ts`. */
function normalised(vector: Float64Array, gamma: Float64Array, beta: Float64Array, eps: number): Sized[] {
  const D = vector.length;
  const mean = vector.reduce((sum, x) => sum + x, 0) / D;
  const size = vector.reduce((sum, x) => sum + Math.abs(x), 0) / D;
  const deviation = Math.sqrt(vector.reduce((sum, x) => sum + (x - mean) ** 2, 0) / D + eps);
  return Array.from(vector, (x, d) => {
    const [g, b] = [gamma[d] as number, beta[d] as number];
    return {
      value: ((x - mean) / deviation) * g + b,
      magnitude: (Math.abs(g) * (Math.abs(x) + size)) / deviation + Math.abs(b),
    };
  });
}

function reference(inputs: Tensors, { heads, eps, grid, together }: HeadRotaryAttrs): { y: Expected } {
  const [qkv, norm, turns] = ['qkv', 'norm', 'turns'].map((name) => need(inputs, name).data) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const T = 1 + grid[0] * grid[1];
  const D = qkv.length / T / 3 / heads;
  const y = blank([T, 3 * heads * D]);
  for (let v = 0; v < 3 * T * heads; v++) {
    const [t, part] = [Math.floor(v / 3 / heads), Math.floor(v / heads) % 3];
    const vector = qkv.subarray(v * D, (v + 1) * D);
    if (part === 2) {
      y.values.set(vector, v * D);
      continue;
    }
    const row = (i: number) => norm.subarray((2 * part + i) * D, (2 * part + i + 1) * D);
    const x = normalised(vector, row(0), row(1), eps);
    const patch = (i: number) => (t === 0 ? 0 : together ? 1 : i + 1);
    const places = [patch(Math.floor((t - 1) / grid[1])), patch((t - 1) % grid[1])];
    places.forEach((place, half) => {
      for (let j = 0; j < D / 4; j++) {
        const [a, b] = [(half * D) / 2 + j, (half * D) / 2 + D / 4 + j];
        const [cos, sin] = [0, D / 4].map((start) => turns[(place * D) / 2 + start + j]) as [number, number];
        const [first, second] = [x[a], x[b]] as [Sized, Sized];
        y.values[v * D + a] = first.value * cos - second.value * sin;
        y.values[v * D + b] = second.value * cos + first.value * sin;
        y.magnitude[v * D + a] = first.magnitude * Math.abs(cos) + second.magnitude * Math.abs(sin);
        y.magnitude[v * D + b] = second.magnitude * Math.abs(cos) + first.magnitude * Math.abs(sin);
      }
    });
  }
  return { y };
}

function kase(
  name: string,
  heads: number,
  D: number,
  grid: readonly [number, number],
  options: { readonly together?: boolean; readonly half?: false } = {},
): KernelCase<HeadRotaryAttrs> {
  const { together = false, half } = options;
  const places = 1 + (together ? 1 : Math.max(...grid));
  // The angle of pair j at place p is p·100^(-j/pairs), cosines before sines.
  const turns = (_: unknown, i: number) => {
    const [place, j] = [Math.floor(i / (D / 2)), i % (D / 4)];
    const angle = place / 100 ** (j / (D / 4));
    return i % (D / 2) < D / 4 ? Math.cos(angle) : Math.sin(angle);
  };
  return {
    name,
    inputs: { qkv: [1 + grid[0] * grid[1], 3 * heads * D], norm: [4, D], turns: [places, D / 2] },
    attrs: { heads, eps: 1e-5, grid, together },
    fill: { turns },
    ...(half === undefined ? {} : { half }),
  };
}

export const headRotarySpec = defineSpec({
  op: headRotary,
  gate: 8,
  half: ['qkv'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    kase('one patch, one pair of vectors', 1, 16, [1, 1], { half: false }),
    kase('a wide grid', 2, 64, [3, 7]),
    kase('a high grid', 3, 16, [5, 2], { half: false }),
    kase('patches together', 2, 32, [3, 4], { together: true }),
    {
      ...kase('low variance', 1, 16, [2, 3], { half: false }),
      fill: { ...(kase('', 1, 16, [2, 3]).fill as object), qkv: (next) => 0.01 * next() },
    },
  ],
  perf: [
    kase('Depth Anything 3 small 504', 6, 64, [36, 36]),
    kase('Depth Anything 3 base 504, together', 12, 64, [36, 36], { together: true }),
  ],
});
