/** How an aligned disparity is kept from going to depths that nobody measures. */
export type Floor =
  /** No farther than `maxDepth`. arXiv 1907.01341, section 6. */
  | 'cap'
  /** No farther than the farthest known pixel of the truth. */
  | 'truth'
  /** 0.001 at least, and then no farther than `maxDepth`. */
  | 'thousandth';

/** Rows and columns of a map that count, from the first to before the last. */
export type Crop = (size: { readonly width: number; readonly height: number }) => {
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
};

/** How a benchmark is scored, as its authors have it. */
export interface Protocol {
  /** Where it is written down. */
  readonly source: string;
  /** Known pixels are those farther than this, and nearer than `maxDepth`, in the unit of the truth. */
  readonly minDepth: number;
  readonly maxDepth: number;
  /** What aligned depth is kept from, besides `floor`. */
  readonly clipNear?: number;
  readonly floor: Floor;
  /** Size of the truth that `crop` is in pixels of. */
  readonly size?: { readonly width: number; readonly height: number };
  /** The least size of pictures that `pictureCrop` can cut. */
  readonly leastSize?: { readonly width: number; readonly height: number };
  /** What the picture and its truth are cut to before the model sees it. */
  readonly pictureCrop?: Crop;
  /** What the truth is cut to, where the pictures of the data set are cut already. */
  readonly truthCrop?: Crop;
  /** What of the truth counts. */
  readonly crop?: Crop;
  /** Where the data set marks its valid pixels, these count whatever their depth. */
  readonly maskAlone?: true;
  /** Pixels where the model gives 0 or less take no part in the alignment. */
  readonly positiveOnly?: true;
  /** The alignment looks at this many columns at most. */
  readonly alignColumns?: number;
  /** One scale and shift for all pictures of a clip. */
  readonly perClip?: true;
  /** The boundaries of the truth are sharp enough to be scored: by Depth Pro's measure, or by MoGe's. */
  readonly boundaries?: 'depth-pro' | 'moge';
  /** Pictures are seen through a camera of this size that looks straight ahead. */
  readonly camera?: { readonly width: number; readonly height: number };
}

const MOGE = 'https://github.com/microsoft/MoGe/blob/0744441/configs/eval/all_benchmarks.json';
const MARIGOLD = 'https://github.com/prs-eth/Marigold (src/dataset, script/depth/eval.py)';
const MIDAS = 'https://arxiv.org/abs/1907.01341, section 6';
const VDA = 'https://github.com/DepthAnything/Video-Depth-Anything/blob/4f5ae23/benchmark/eval/eval.py';

/** Eigen's crop of NYU's 480 rows and 640 columns. */
const nyuCrop: Crop = () => ({ rows: [45, 471], columns: [41, 601] });

/** The lower right part that KITTI's own benchmark looks at. */
const kittiPicture: Crop = ({ width, height }) => {
  const left = Math.trunc((width - 1216) / 2);
  return { rows: [height - 352, height], columns: [left, left + 1216] };
};

const shareOf =
  (top: number, bottom: number, left: number, right: number): Crop =>
  ({ width, height }) => ({
    rows: [Math.trunc(top * height), Math.trunc(bottom * height)],
    columns: [Math.trunc(left * width), Math.trunc(right * width)],
  });
const eigen = shareOf(0.3324324, 0.91351351, 0.0359477, 0.96405229);
const garg = shareOf(0.40810811, 0.99189189, 0.03594771, 0.96405229);

const moge = (width: number, height: number, boundaries?: 'moge'): Protocol => ({
  source: MOGE,
  minDepth: 0,
  maxDepth: Infinity,
  floor: 'truth',
  camera: { width, height },
  ...(boundaries ? { boundaries } : {}),
});

const marigold = (minDepth: number, maxDepth: number, more: Partial<Protocol> = {}): Protocol => ({
  source: MARIGOLD,
  minDepth,
  maxDepth,
  clipNear: minDepth,
  floor: 'thousandth',
  positiveOnly: true,
  ...more,
});

const midas = (maxDepth: number, more: Partial<Protocol> = {}): Protocol => ({
  source: MIDAS,
  minDepth: 0,
  maxDepth,
  floor: 'cap',
  ...more,
});

const clips = (maxDepth: number, more: Partial<Protocol> = {}): Protocol => ({
  source: VDA,
  minDepth: 1e-3,
  maxDepth,
  clipNear: 1e-3,
  floor: 'thousandth',
  perClip: true,
  ...more,
});

/** Every protocol by its name: who published it, and on which pictures. */
export const protocols = {
  'moge-nyuv2': moge(640, 480),
  'moge-kitti': moge(750, 375),
  'moge-eth3d': moge(2048, 1365),
  'moge-ibims-1': moge(640, 480, 'moge'),
  'moge-gso': moge(512, 512),
  'moge-sintel': moge(872, 436, 'moge'),
  'moge-ddad': moge(1400, 700),
  'moge-diode': moge(1024, 768),
  'moge-spring': moge(1920, 1080, 'moge'),
  'moge-hammer': moge(1664, 832, 'moge'),
  'marigold-nyu': marigold(1e-3, 10, { crop: nyuCrop, size: { width: 640, height: 480 } }),
  'marigold-kitti': marigold(1e-5, 80, {
    pictureCrop: kittiPicture,
    leastSize: { width: 1216, height: 352 },
    crop: eigen,
  }),
  'marigold-eth3d': marigold(1e-5, Infinity, { alignColumns: 1024 }),
  'marigold-diode': marigold(0.6, 350, { maskAlone: true }),
  'marigold-scannet': marigold(1e-3, 10),
  'midas-nyu': midas(10),
  'midas-kitti': midas(80),
  'midas-kitti-garg': midas(80, { crop: garg }),
  'midas-eth3d': midas(72),
  'midas-sintel': midas(72, { boundaries: 'depth-pro' }),
  'midas-diode': midas(350),
  'vda-sintel': clips(70),
  'vda-kitti': clips(80, { truthCrop: () => ({ rows: [0, 374], columns: [0, 1242] }) }),
  'vda-nyuv2': clips(10, { truthCrop: nyuCrop }),
  'vda-bonn': clips(10),
  'vda-scannet': clips(10, {
    truthCrop: ({ width, height }) => ({ rows: [8, height - 8], columns: [11, width - 11] }),
  }),
} as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof protocols;
