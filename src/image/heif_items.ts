/** What a HEIC file says of its primary picture beside the pixels. */
export interface HeifNotes {
  /** From the TIFF header on, or the header `Exif` before it. */
  readonly exif?: Uint8Array;
  /** An ICC profile. */
  readonly profile?: Uint8Array;
}

/** Kinds of boxes with an ICC profile. */
const PROFILES = ['prof', 'rICC'];
/** Bytes of version and flags, of the boxes that have them. */
const VERSION = 4;

/** A box of the file: its kind, and what is in it. */
interface Box {
  readonly type: string;
  readonly at: number;
  readonly end: number;
}

/**
 * EXIF data and the ICC profile of the primary picture of a HEIC file, by its boxes (ISO 14496-12 and 23008-12). What
 * is missing, or not well formed, is left out: the pixels do without.
 */
export function heifNotes(file: Uint8Array): HeifNotes {
  try {
    return new HeifBoxes(file).notes();
  } catch (error) {
    // Past the end of the file.
    if (error instanceof RangeError) return {};
    throw error;
  }
}

class HeifBoxes {
  readonly #file: Uint8Array;
  readonly #view: DataView;

  constructor(file: Uint8Array) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  notes(): HeifNotes {
    const meta = this.#find({ type: '', at: 0, end: this.#file.length }, 'meta');
    const pitm = meta && this.#find(meta, 'pitm', VERSION);
    if (!meta || !pitm) return {};
    const primary = this.#id(pitm.at + VERSION, this.#version(pitm) > 0);
    const [exif, profile] = [this.#exif(meta, primary), this.#profile(meta, primary)];
    return { ...(exif && { exif }), ...(profile && { profile }) };
  }

  /** The item of EXIF data that describes a picture. */
  #exif(meta: Box, primary: number): Uint8Array | undefined {
    const [iinf, iref] = [this.#find(meta, 'iinf', VERSION), this.#find(meta, 'iref', VERSION)];
    if (!iinf || !iref) return undefined;
    const wide = this.#version(iinf) > 0;
    const infos = this.#boxes({ ...iinf, at: iinf.at + VERSION + (wide ? 4 : 2) }, 0);
    const found = infos.find((info) => {
      const long = this.#version(info) > 2;
      const type = info.at + VERSION + (long ? 6 : 4);
      return this.#text(type) === 'Exif' && this.#describes(iref, this.#id(info.at + VERSION, long), primary);
    });
    if (!found) return undefined;
    const item = this.#item(meta, this.#id(found.at + VERSION, this.#version(found) > 2));
    if (!item) return undefined;
    const view = new DataView(item.buffer, item.byteOffset, item.byteLength);
    return item.subarray(4 + view.getUint32(0));
  }

  #describes(iref: Box, item: number, primary: number): boolean {
    const wide = this.#version(iref) > 0;
    const size = wide ? 4 : 2;
    return this.#boxes(iref, VERSION).some(({ type, at }) => {
      if (type !== 'cdsc' || this.#id(at, wide) !== item) return false;
      const count = this.#view.getUint16(at + size);
      return Array.from({ length: count }, (_, i) => this.#id(at + size + 2 + size * i, wide)).includes(primary);
    });
  }

  /** The bytes of an item that is one piece of the file. */
  #item(meta: Box, wanted: number): Uint8Array | undefined {
    const iloc = this.#find(meta, 'iloc', VERSION);
    if (!iloc) return undefined;
    const version = this.#version(iloc);
    const [sizes, more] = [this.#view.getUint8(iloc.at + 4), this.#view.getUint8(iloc.at + 5)];
    const [offset, length, base, index] = [sizes >> 4, sizes & 15, more >> 4, version > 0 ? more & 15 : 0];
    let at = iloc.at + 6;
    const take = (bytes: number) => this.#number((at += bytes) - bytes, bytes);
    for (let items = take(version < 2 ? 2 : 4); items > 0; items--) {
      const id = take(version < 2 ? 2 : 4);
      // 0 for a place in the file.
      const method = version > 0 ? take(2) & 15 : 0;
      take(2);
      const from = take(base);
      const extents = take(2);
      if (id !== wanted) {
        at += extents * (index + offset + length);
        continue;
      }
      take(index);
      const start = from + take(offset);
      const bytes = take(length);
      return method === 0 && extents === 1 ? this.#file.subarray(start, start + bytes) : undefined;
    }
    return undefined;
  }

  /** The ICC profile among the properties of a picture. */
  #profile(meta: Box, primary: number): Uint8Array | undefined {
    const iprp = this.#find(meta, 'iprp', VERSION);
    const [ipco, ipma] = ['ipco', 'ipma'].map((type) => iprp && this.#find(iprp, type));
    if (!ipco || !ipma) return undefined;
    const properties = this.#boxes(ipco, 0);
    const found = this.#associated(ipma, primary)
      .map((index) => properties[index - 1])
      .find((box) => box?.type === 'colr' && PROFILES.includes(this.#text(box.at)));
    return found && this.#file.subarray(found.at + 4, found.end);
  }

  /** Properties of an item, counted from 1. */
  #associated(ipma: Box, item: number): number[] {
    const long = this.#view.getUint32(ipma.at) & 1;
    const wide = this.#version(ipma) > 0;
    let at = ipma.at + VERSION;
    const take = (bytes: number) => this.#number((at += bytes) - bytes, bytes);
    for (let entries = take(4); entries > 0; entries--) {
      const id = take(wide ? 4 : 2);
      // The upper bit says that readers have to know the property.
      const indices = Array.from({ length: take(1) }, () => (long ? take(2) & 0x7fff : take(1) & 0x7f));
      if (id === item) return indices;
    }
    return [];
  }

  /** The boxes of one, behind what is before them there. */
  #boxes({ at, end }: Box, before: number): Box[] {
    const found: Box[] = [];
    for (let start = at + before; start + 8 <= end;) {
      const [short, type] = [this.#view.getUint32(start), this.#text(start + 4)];
      // 1 for a size of 64 bits, 0 for all that is left.
      const head = short === 1 ? 16 : 8;
      const size = short === 1 ? Number(this.#view.getBigUint64(start + 8)) : short || end - start;
      if (size < head || start + size > end) break;
      found.push({ type, at: start + head, end: start + size });
      start += size;
    }
    return found;
  }

  #find(box: Box, type: string, before = 0): Box | undefined {
    return this.#boxes(box, before).find((inner) => inner.type === type);
  }

  #version({ at }: Box): number {
    return this.#view.getUint8(at);
  }

  #id(at: number, wide: boolean): number {
    return wide ? this.#view.getUint32(at) : this.#view.getUint16(at);
  }

  /** A whole number of some bytes; 0 of none. */
  #number(at: number, bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = 256 * value + this.#view.getUint8(at + i);
    return value;
  }

  #text(at: number): string {
    return String.fromCharCode(...[0, 1, 2, 3].map((i) => this.#view.getUint8(at + i)));
  }
}
