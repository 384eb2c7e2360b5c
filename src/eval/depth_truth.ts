/** True depth [height,width] in its own unit, and which of it is known. */
export interface DepthTruth {
  readonly width: number;
  readonly height: number;
  readonly depth: Float64Array;
  /** 1 where the depth is known. */
  readonly known: Uint8Array;
}
