/** What a TIFF says of its samples; tags of TIFF 6.0 with their values there. */
export interface TiffSamples {
  readonly bits: number;
  /** SampleFormat: 1 unsigned, 2 signed, 3 float, 6 complex. */
  readonly format?: number;
  /** PhotometricInterpretation: 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 8 CIELab. */
  readonly photometric?: number;
  readonly channels?: number;
  /** ExtraSamples of the last channel: 2 straight alpha. */
  readonly extra?: number;
  readonly bigEndian?: boolean;
  /** 3 * 2^bits 16-bit values of a palette. */
  readonly palette?: readonly number[];
}

/** A TIFF of one row in one strip, its samples as they are. */
export function tiffRow(width: number, samples: Uint8Array, kind: TiffSamples): Buffer {
  const { bits, format = 1, photometric = 1, channels = 1, extra, bigEndian = false, palette } = kind;
  const entries: [tag: number, values: readonly number[], long?: boolean][] = [
    [256, [width]],
    [257, [1]],
    [258, Array<number>(channels).fill(bits)],
    [259, [1]],
    [262, [photometric]],
    [273, [8], true],
    [277, [channels]],
    [278, [1]],
    [279, [samples.length], true],
    ...(palette ? ([[320, palette]] as [number, readonly number[]][]) : []),
    ...(extra === undefined ? [] : ([[338, [extra]]] as [number, readonly number[]][])),
    [339, Array<number>(channels).fill(format)],
  ];
  const start = 8 + samples.length + (samples.length % 2);
  let spill = start + 2 + 12 * entries.length + 4;
  const file = Buffer.alloc(spill + 2 * entries.reduce((sum, [, values]) => sum + values.length, 0));
  const u16 = (value: number, at: number) =>
    bigEndian ? file.writeUInt16BE(value, at) : file.writeUInt16LE(value, at);
  const u32 = (value: number, at: number) =>
    bigEndian ? file.writeUInt32BE(value, at) : file.writeUInt32LE(value, at);
  file.write(bigEndian ? 'MM' : 'II', 'latin1');
  u16(42, 2);
  u32(start, 4);
  file.set(samples, 8);
  u16(entries.length, start);
  for (const [i, [tag, values, long]] of entries.entries()) {
    const at = start + 2 + 12 * i;
    u16(tag, at);
    u16(long ? 4 : 3, at + 2);
    u32(values.length, at + 4);
    if (long) u32(values[0]!, at + 8);
    else if (values.length <= 2) values.forEach((value, j) => u16(value, at + 8 + 2 * j));
    else {
      u32(spill, at + 8);
      values.forEach((value, j) => u16(value, spill + 2 * j));
      spill += 2 * values.length;
    }
  }
  return file;
}
