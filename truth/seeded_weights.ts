/**
 * Seeded weights, network inputs and pictures: the TypeScript half of tools/fixtures/seeded.py.
 * Both implement the same counter-based hash and the same scale rules bit for bit, so that fixtures recorded from the
 * published Python code need no stored weights. The values are not learned.
 */

/**
 * A tensor of a checkpoint. `source` is the original tensor, and the element to start at, whose values a renamed tensor
 * takes.
 */
export interface SeededEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly source?: { readonly name: string; readonly start: number };
  /** Added to every value: it lifts a map above the zero of the last ReLU. */
  readonly offset?: number;
}

/** FNV-1a of the UTF-8 bytes of `text`, as uint32. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A value in [-1, 1) on the 2^-23 grid (exact in f32) for element `index` of the stream `seed`. */
function unit(seed: number, index: number): number {
  let x = Math.imul(index, 0x9e3779b1) ^ seed;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  x ^= x >>> 16;
  return (x >>> 8) / 8388608 - 1;
}

/** Value = offset + scale * unit, with the f32 roundings of the Python side. */
function affine(name: string, shape: readonly number[]): { offset: number; scale: number } {
  const leaf = name.slice(name.lastIndexOf('.') + 1);
  const rule = (offset: number, scale: number) => ({ offset: Math.fround(offset), scale: Math.fround(scale) });
  if (leaf === 'running_var') return rule(1, 0.5);
  if (leaf === 'running_mean') return rule(0, 0.2);
  if (leaf === 'gamma') return rule(0.15, 0.1);
  if (leaf === 'gamma_1' || leaf === 'gamma_2') return rule(0.15, 0.1);
  if (leaf === 'cls_token' || leaf === 'pos_embed' || leaf === 'mask_token') return rule(0, 0.15);
  if (leaf === 'q_bias' || leaf === 'v_bias') return rule(0, 0.1);
  if (leaf === 'relative_position_bias_table' || leaf === 'attention_biases' || leaf === 'pe') return rule(0, 1);
  // Cosine attention: e to this, at most 100, which a few of them exceed.
  if (leaf === 'logit_scale') return rule(2.5, 2.2);
  if (leaf === 'bias') return rule(/output_conv(2\.2|\.4)\.bias$/.test(name) ? 0.5 : 0, 0.1);
  // Ends a block of ResNet-50: at 1, sixteen in a row make rounding errors ten times as large.
  if (name.endsWith('norm3.weight')) return rule(0.3, 0.1);
  if (shape.length === 1) return rule(1, 0.2);
  const scale = gain(name) / Math.sqrt(fanIn(name, shape));
  return rule(isLastWeight(name) ? 0.375 * scale : 0, scale);
}

function isLastWeight(name: string): boolean {
  return /output_conv(2\.2|\.4)\.weight$/.test(name);
}

const TRANSPOSED = /(resize_layers\.[01]|act_postprocess[12]\.4|stem_transpose\.[02]\.c)\.weight$/;

/** Inputs that reach one output. A transposed convolution with kernel = stride is stored [in, out, k, k]. */
function fanIn(name: string, shape: readonly number[]): number {
  if (TRANSPOSED.test(name)) return shape[0] ?? 1;
  return shape.slice(1).reduce((n, d) => n * d, 1);
}

/**
 * Weights are uniform in ±gain/sqrt(fan_in): sqrt(3) = 1.73 keeps the variance, sqrt(6) = 2.45 keeps it past a ReLU.
 * The token stream starts small (patch embedding, LayerScale) so that the LayerNorm eps of 1e-6 matters, and the MLP is
 * loud so that the erf and tanh forms of GELU differ by more than the tolerance of a whole model.
 */
function gain(name: string): number {
  if (name.endsWith('patch_embed.proj.weight')) return 0.5;
  if (name.endsWith('mlp.fc1.weight')) return 2.5;
  if (name.endsWith('mlp.fc2.weight')) return 4;
  if (/(attn\.qkv|conv_dw|conv_pw)\.weight$/.test(name)) return 2.5;
  if (name.endsWith('conv_pwl.weight')) return 1.25;
  // So small that the LayerNorm eps of 1e-5 behind it matters.
  if (name.endsWith('proj_in.weight')) return 0.1;
  if (/(mhca\.projection|mlp\.conv2|e_mhsa\.proj)\.weight$/.test(name)) return 0.5;
  // Bins and distributions of ZoeDepth that differ from pixel to pixel.
  if (/log_binomial.*mlp\.2\.weight$/.test(name)) return 3;
  if (/seed_bin.*_net\.2\.weight$/.test(name)) return 4;
  return isLastWeight(name) ? 0.75 : 1.75;
}

/** The f32 weight called `name`, row-major. `start` skips elements of the stream, for a slice of a fused tensor. */
export function seededTensor(name: string, shape: readonly number[], start = 0): Float32Array {
  const values = new Float32Array(shape.reduce((n, d) => n * d, 1));
  const { offset, scale } = affine(name, shape);
  const seed = fnv1a32(name);
  for (let i = 0; i < values.length; i++) values[i] = Math.fround(unit(seed, start + i) * scale) + offset;
  return values;
}

/** The f32 values of a checkpoint's tensor, row-major. */
export function seededValues({ name, shape, source, offset = 0 }: SeededEntry): Float32Array {
  const values = seededTensor(source?.name ?? name, shape, source?.start ?? 0);
  return offset === 0 ? values : values.map((value) => value + offset);
}

/** Rounds an f32 to the nearest f16, ties to even; returns its 16 bits. */
export function f16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(magnitude)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 1e-30)));
  const scaled = magnitude / 2 ** (exponent - 10);
  const floor = Math.floor(scaled);
  const fraction = scaled - floor;
  const mantissa = floor + (fraction > 0.5 || (fraction === 0.5 && floor % 2 === 1) ? 1 : 0);
  return sign | (mantissa < 1024 ? mantissa : ((exponent + 14) << 10) + mantissa);
}

/**
 * A safetensors file image of seeded tensors. BatchNorm counters (`num_batches_tracked`) are I64 zeros, as published.
 */
export function seededCheckpoint(entries: readonly SeededEntry[], dtype: 'F32' | 'F16' = 'F32'): Uint8Array {
  const header: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const { name, shape } of entries) {
    const type = name.endsWith('num_batches_tracked') ? 'I64' : dtype;
    const begin = end;
    end += shape.reduce((n, d) => n * d, 1) * { I64: 8, F32: 4, F16: 2 }[type];
    header[name] = { dtype: type, shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json + ' '.repeat((8 - (json.length % 8)) % 8));
  const image = new Uint8Array(8 + text.length + end);
  new DataView(image.buffer).setBigUint64(0, BigInt(text.length), true);
  image.set(text, 8);
  for (const entry of entries) {
    const place = header[entry.name];
    if (!place || place.dtype === 'I64') continue;
    const values = seededValues(entry);
    const stored = dtype === 'F32' ? values : Uint16Array.from(values, f16Bits);
    image.set(new Uint8Array(stored.buffer), 8 + text.length + place.data_offsets[0]);
  }
  return image;
}

const OCTAVES = [
  [32, 1],
  [8, 0.75],
  [2, 0.375],
  [1, 0.125],
] as const;

/**
 * f64 [channels, height, width] in (-2.25, 2.25): four octaves of bilinear lattice noise, [cell in pixels, amplitude]
 * in OCTAVES.
 */
function noise(name: string, channels: number, height: number, width: number): Float64Array {
  const total = new Float64Array(channels * height * width);
  for (const [cell, amplitude] of OCTAVES) {
    const seed = fnv1a32(`${name}/${cell}`);
    let i = 0;
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        const gy = Math.floor(y / cell);
        const ty = (y % cell) / cell;
        for (let x = 0; x < width; x++, i++) {
          const at = (c << 24) + (gy << 12) + Math.floor(x / cell);
          const tx = (x % cell) / cell;
          const top = unit(seed, at) * (1 - tx) + unit(seed, at + 1) * tx;
          const bottom = unit(seed, at + 4096) * (1 - tx) + unit(seed, at + 4097) * tx;
          total[i] = (total[i] ?? 0) + (top * (1 - ty) + bottom * ty) * amplitude;
        }
      }
    }
  }
  return total;
}

/** A normalised network tensor, f32 [1, 3, height, width]; sides up to 4094. */
export function seededInput(name: string, height: number, width: number): Float32Array {
  return Float32Array.from(noise(name, 3, height, width));
}

/** An RGB picture, uint8 [height, width, 3]: the same noise around mid gray, clipped, with a black and a white bar. */
export function seededPicture(name: string, height: number, width: number): Uint8Array {
  const values = noise(name, 3, height, width);
  const plane = height * width;
  const bar = Math.max(1, Math.floor(width / 16));
  const within = (x: number, start: number) => x >= start && x < start + bar;
  const picture = new Uint8Array(plane * 3);
  for (let p = 0; p < plane; p++) {
    const x = p % width;
    for (let c = 0; c < 3; c++) {
      const gray = Math.min(255, Math.max(0, Math.floor((values[c * plane + p] ?? 0) * 64 + 128)));
      picture[p * 3 + c] = within(x, width >> 1) ? 255 : within(x, width >> 2) ? 0 : gray;
    }
  }
  return picture;
}
