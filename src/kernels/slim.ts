import convWgsl from '../../shaders/conv_slim.wgsl?raw';
import gemmWgsl from '../../shaders/gemm_slim.wgsl?raw';
import type { Kernel } from './op.js';
import { sharedBy, sumsFor, type Sums } from './sums.js';

/**
 * What a kernel has in place of its own: smaller tiles, so that an invocation holds about 56 floats at most. Intel's
 * compiler spills no register in a loop of them at 16 lanes, of Xe2 at 32. Measured by `npm run bench:static`.
 */
type Form = (of: Shape, files: Kernel['files']) => Partial<Kernel>;

/** Tunables and uniforms of a kernel, which are the sizes of what it computes. */
type Shape = Readonly<Record<string, number>>;

const { ceil } = Math;

/** Rows and columns of four channels of an invocation, and how those of a workgroup share a tile. */
const PRODUCT = { COLS: 1, TX: 16, TY: 8, DEPTH: 4 } as const;
const PRODUCT_ROWS = 4;
/** Pixels of a row that an invocation computes of four channels, in convolutions. */
const PIXELS = 2;
/** Rows and columns of four channels of a workgroup of conv_slim.wgsl. */
const CONV = { rows: 16, columns: 8 } as const;
/** Rows and columns of a workgroup of attention: more columns leave an invocation fewer channels. */
const ATTENTION = { ROWS: 4, COLUMNS: 16, STEP: 4, LEAN: true } as const;
/** Rows of gemm_layer_norm. */
const NORM_ROWS = 4;
/** Columns of four channels that an invocation of separable has, and those beside a depthwise kernel over 3×3. */
const SEPARABLE = { most: 6, wide: 4 } as const;
/** Invocations that share a tile of depthwise. */
const PARTS = 4;

const tiledProduct: Form = ({ M, N4 }, files) => ({
  files: [gemmWgsl, ...files.slice(1)],
  tunables: PRODUCT,
  workgroups: ceil(M! / (4 * PRODUCT.TY)) * ceil(N4! / PRODUCT.TX),
});

const sharedProduct: Form = ({ M, N4, K4 }) => {
  const tiles = ceil(M! / PRODUCT_ROWS) * N4!;
  return sharing(sumsFor(tiles, K4!, PRODUCT_ROWS), tiles, { ROWS: PRODUCT_ROWS, COLS: 1 });
};

const tiledConv: Form = ({ OH, OW, N4 }, files) => ({
  files: [files[0]!, convWgsl, ...files.slice(2)],
  workgroups: ceil(OH! / CONV.rows) * ceil(OW! / PIXELS) * ceil(N4! / CONV.columns),
});

/** Windows of wide kernels leave registers for one pixel. */
const sharedConv: Form = ({ OH, OW, N4, GC4, KH, KW }) => {
  const pixels = KW! > 3 ? 1 : PIXELS;
  const tiles = OH! * ceil(OW! / pixels) * N4!;
  return sharing(sumsFor(tiles, KH! * GC4!, pixels), tiles, { PIXELS: pixels, COLS: 1 });
};

const head: Form = ({ H, W }, files) => ({
  files: [files[0]!, convWgsl, ...files.slice(2)],
  workgroups: ceil(H! / CONV.rows) * ceil(W! / PIXELS),
});

const layerNorm: Form = ({ M }) => ({ tunables: { ROWS: NORM_ROWS }, workgroups: ceil(M! / NORM_ROWS) });

const attention: Form = ({ PARTS: parts, HEADS, TQ, SLICES }) => ({
  tunables: ATTENTION,
  params: { LOOP: ATTENTION.COLUMNS },
  workgroups: SLICES! * parts! * HEADS! * ceil(TQ! / (4 * ATTENTION.ROWS)),
});

/** Invocations that share the columns of a pixel each compute its depthwise sums. */
const separable: Form = ({ OH, OW, N4, C4, K }) => {
  const most = K! > 3 ? SEPARABLE.wide : SEPARABLE.most;
  let GROUPS = 1;
  while (N4! % GROUPS !== 0 || N4! / GROUPS > most) GROUPS++;
  const tiles = OH! * OW! * GROUPS;
  const own = { PIXELS: 1, COLS: N4! / GROUPS, GROUPS };
  return sharing(sumsFor(tiles, (C4! * N4!) / 2, 1), tiles, own);
};

const depthwise: Form = ({ OH, OW, C4 }) => {
  const tiles = OH! * ceil(OW! / PIXELS) * C4!;
  return sharing(sharedBy(PARTS, PIXELS), tiles, { PIXELS });
};

function sharing({ tunables, tiles, invocations }: Sums, all: number, own: Kernel['tunables']): Partial<Kernel> {
  return { tunables: { ...own, ...tunables }, workgroups: ceil(all / tiles), invocations };
}

const product = { tiled: tiledProduct, split: sharedProduct };
const conv = { tiled: tiledConv, split: sharedConv };

/** By op, and by the kernel that it is the twin of. */
const FORMS: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  gemm: product,
  geglu: product,
  transposed_conv: product,
  patch_embed: product,
  conv2d: conv,
  upsampled_conv: conv,
  phase_conv: conv,
  head: { tiled: head },
  gemm_layer_norm: { tiled: layerNorm },
  attention: { tiled: attention },
  cross_attention: { tiled: attention },
  separable: { split: separable },
  depthwise: { split: depthwise },
};

/** The slim form of a kernel of an op, by its name there; undefined where it does not fit. */
export function slimForm(op: string, name: string, kernel: Kernel | undefined): Kernel | undefined {
  const form = FORMS[op]?.[name];
  if (!kernel || !form) return undefined;
  const { files, tunables, params } = kernel;
  const own = form({ ...tunables, ...params } as Shape, files);
  return {
    ...kernel,
    ...own,
    tunables: { ...tunables, ...own.tunables },
    params: { ...params, ...own.params },
    slim: true,
  };
}
