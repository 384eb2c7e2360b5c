import type { ErrorCode } from '../../error_codes.js';
import { quote, WeightsFormatError } from '../../errors.js';
import { joined } from './lookahead.js';
import { ARGUMENT_BYTES, REFUSED } from './opcodes.js';
import { GlobalName, TensorView, Tuple, type Dict, type Pickled } from './pickled.js';
import { GLOBALS, KINDS, ORDERED_DICT, PARAMETER, REBUILD, REBUILD_OLD, storageOf, tensorOf } from './torch_values.js';

/** Longest pickle, in bytes. That of the largest published depth model has 0.2 MB. */
export const MAX_PICKLE_BYTES = 16 * 1024 * 1024;
/** Most values on the stack, and most dicts, lists, tuples and tensors in all. */
const MAX_STACK = 1_000_000;
const MAX_OBJECTS = 500_000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one pickle of protocol 2 as `torch.save` writes it: a machine with a stack and a memo that knows the 31 opcodes
 * and the 14 names of state dicts and refuses all others. Feed it bytes until `done`.
 */
export class PickleMachine {
  readonly #source: string;
  readonly #stack: Pickled[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Pickled>();
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  /** Next byte to read, and where in the pickle the bytes begin and the opcode at hand stands. */
  #at = 0;
  #begin = 0;
  #opcodeAt = 0;
  #objects = 0;
  #result: Pickled | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  /**
   * Reads on. @returns what follows the pickle once it has ended, else undefined: more bytes are needed
   * @throws WeightsFormatError `PT_*` naming the opcode or name and where it stands
   */
  feed(chunk: Uint8Array): Uint8Array | undefined {
    const rest = this.#bytes.subarray(this.#at);
    this.#begin += this.#at;
    this.#at = 0;
    this.#bytes = joined(rest, chunk);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    while (this.#at < this.#bytes.length) {
      const before = this.#at;
      this.#opcodeAt = this.#begin + before;
      if (this.#opcodeAt >= MAX_PICKLE_BYTES) throw this.#limit('bytes of pickle', MAX_PICKLE_BYTES, this.#opcodeAt);
      const code = this.#bytes[this.#at++] as number;
      const length = this.#argumentLength(code);
      if (length === undefined || this.#at + length > this.#bytes.length) {
        this.#at = before;
        return undefined;
      }
      if (code === 0x2e) {
        this.#result = this.#end();
        return this.#bytes.subarray(this.#at);
      }
      this.#step(code, length);
    }
    return undefined;
  }

  /** The one value of the pickle, after its end. */
  get result(): Pickled {
    return this.#result as Pickled;
  }

  /**
   * How many bytes belong to an opcode; undefined where too few are there to tell. @throws for an opcode of no use here
   */
  #argumentLength(code: number): number | undefined {
    const fixed = ARGUMENT_BYTES.get(String.fromCharCode(code));
    if (fixed !== undefined) return fixed;
    const left = this.#bytes.length - this.#at;
    switch (String.fromCharCode(code)) {
      case '\x8a': // LONG1
        return left < 1 ? undefined : 1 + (this.#bytes[this.#at] as number);
      case 'X': {
        // BINUNICODE
        if (left < 4) return undefined;
        const size = this.#view.getUint32(this.#at, true);
        if (size > MAX_PICKLE_BYTES) throw this.#limit('bytes of a string', MAX_PICKLE_BYTES, size);
        return 4 + size;
      }
      case 'c': {
        // GLOBAL: two lines
        const first = this.#bytes.indexOf(10, this.#at);
        const second = first < 0 ? -1 : this.#bytes.indexOf(10, first + 1);
        if (second >= 0) return second + 1 - this.#at;
        if (left > 1024) throw this.#fault('PT_CORRUPT', 'a name has no end');
        return undefined;
      }
      default:
        throw this.#opcode(code);
    }
  }

  #step(code: number, length: number): void {
    const at = this.#at;
    this.#at += length;
    const view = this.#view;
    switch (String.fromCharCode(code)) {
      case '\x80': {
        const protocol = view.getUint8(at);
        if (protocol !== 2) {
          throw this.#fault('PT_OPCODE', `the pickle has protocol ${protocol}; torch.save writes 2`, 2, protocol);
        }
        return;
      }
      case '(': // MARK
        this.#marks.push(this.#stack.length);
        return;
      case '}': // EMPTY_DICT
        return this.#made(new Map());
      case ']': // EMPTY_LIST
        return this.#made([]);
      case ')': // EMPTY_TUPLE
        return this.#made(new Tuple([]));
      case 't': // TUPLE
        return this.#made(new Tuple(this.#popMark()));
      case '\x85': // TUPLE1
      case '\x86': // TUPLE2
      case '\x87': // TUPLE3
        return this.#made(new Tuple(this.#popMany(code - 0x84)));
      case 'N':
        return this.#push(null);
      case '\x88':
        return this.#push(true);
      case '\x89':
        return this.#push(false);
      case 'K':
        return this.#push(view.getUint8(at));
      case 'M':
        return this.#push(view.getUint16(at, true));
      case 'J':
        return this.#push(view.getInt32(at, true));
      case '\x8a':
        return this.#push(this.#long(at + 1, length - 1));
      case 'G':
        return this.#push(view.getFloat64(at, false));
      case 'X':
        return this.#push(this.#text(at + 4, at + length));
      case 'q':
        return void this.#memo.set(view.getUint8(at), this.#top());
      case 'r':
        return void this.#memo.set(view.getUint32(at, true), this.#top());
      case 'h':
        return this.#push(this.#recall(view.getUint8(at)));
      case 'j':
        return this.#push(this.#recall(view.getUint32(at, true)));
      case 'c': {
        const [module = '', name = ''] = this.#text(at, at + length - 1).split('\n');
        return this.#push(this.#global(`${module}.${name}`));
      }
      case 'Q': // BINPERSID
        return this.#made(storageOf(this.#pop(), this.#fault));
      case 'R': // REDUCE
        return this.#reduce();
      case 'b': // BUILD: a module's state dict carries its version numbers as an attribute
        this.#pop();
        return void this.#container(this.#top(), Map, 'BUILD');
      case 's': {
        // SETITEM
        const [key, value] = this.#popMany(2) as [Pickled, Pickled];
        return void this.#container<Dict>(this.#top(), Map, 'SETITEM').set(key, value);
      }
      case 'u': {
        // SETITEMS
        const items = this.#popMark();
        const dict = this.#container<Dict>(this.#top(), Map, 'SETITEMS');
        if (items.length % 2 !== 0) throw this.#fault('PT_CORRUPT', 'a key has no value');
        for (let i = 0; i < items.length; i += 2) dict.set(items[i] as Pickled, items[i + 1] as Pickled);
        return;
      }
      case 'a': {
        // APPEND
        const item = this.#pop();
        return void this.#container<Pickled[]>(this.#top(), Array, 'APPEND').push(item);
      }
      case 'e': {
        // APPENDS
        const items = this.#popMark();
        const list = this.#container<Pickled[]>(this.#top(), Array, 'APPENDS');
        for (const item of items) list.push(item);
        return;
      }
    }
  }

  #end(): Pickled {
    const [value, ...rest] = this.#stack;
    if (value === undefined || rest.length > 0 || this.#marks.length > 0) {
      throw this.#fault(
        'PT_CORRUPT',
        `the pickle ends with ${this.#stack.length} values instead of one`,
        1,
        this.#stack.length,
      );
    }
    return value;
  }

  #push(value: Pickled): void {
    if (this.#stack.length >= MAX_STACK) throw this.#limit('values on the stack', MAX_STACK, this.#stack.length + 1);
    this.#stack.push(value);
  }

  #made(value: Pickled): void {
    if (++this.#objects > MAX_OBJECTS) throw this.#limit('objects', MAX_OBJECTS, this.#objects);
    this.#push(value);
  }

  /** Values above the last mark belong to whoever takes that mark. */
  #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #top(): Pickled {
    if (this.#stack.length <= this.#floor()) throw this.#fault('PT_CORRUPT', 'the stack is empty');
    return this.#stack.at(-1) as Pickled;
  }

  #pop(): Pickled {
    const top = this.#top();
    this.#stack.pop();
    return top;
  }

  #popMany(count: number): Pickled[] {
    if (this.#stack.length - count < this.#floor()) throw this.#fault('PT_CORRUPT', 'the stack is empty');
    return this.#stack.splice(this.#stack.length - count);
  }

  #popMark(): Pickled[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#fault('PT_CORRUPT', 'there is no mark');
    return this.#stack.splice(mark);
  }

  #recall(index: number): Pickled {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#fault('PT_CORRUPT', `nothing was kept under ${index}`);
    return value;
  }

  #container<T extends Pickled>(value: Pickled, kind: typeof Map | typeof Array, opcode: string): T {
    if (value instanceof kind) return value as T;
    throw this.#fault('PT_TYPE', `${opcode} on a value that is no ${kind === Map ? 'dict' : 'list'}`);
  }

  #text(begin: number, end: number): string {
    try {
      return utf8.decode(this.#bytes.subarray(begin, end));
    } catch (cause) {
      throw this.#fault('PT_CORRUPT', 'a string is not UTF-8', undefined, undefined, cause);
    }
  }

  /** A little-endian number in two's complement; exact below 2⁵³, which is all that counts and sizes need. */
  #long(begin: number, length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + (this.#bytes[begin + i] as number);
    return length > 0 && (this.#bytes[begin + length - 1] as number) >= 128 ? value - 256 ** length : value;
  }

  #global(name: string): GlobalName {
    if (GLOBALS.has(name)) return new GlobalName(name);
    const kind = KINDS.find(([form]) => form.test(name))?.[1];
    if (kind !== undefined) {
      // What a dict holds stands behind its key; the first word of a persistent id may be between.
      const key = this.#stack.findLast((value) => typeof value === 'string' && value !== 'storage') as
        string | undefined;
      const tensor = key === undefined ? 'a tensor' : `tensor ${quote(key)}`;
      throw this.#fault('PT_DTYPE', `${tensor} ${kind} (${quote(name)})`, [...GLOBALS], name, undefined, key);
    }
    throw this.#fault(
      'PT_FORBIDDEN_SYMBOL',
      `it refers to ${quote(name)}, which no state dict does`,
      [...GLOBALS],
      name,
    );
  }

  #reduce(): void {
    const args = this.#pop();
    const called = this.#pop();
    const items = args instanceof Tuple ? args.items : undefined;
    const name = called instanceof GlobalName ? called.name : undefined;
    if (items && name === ORDERED_DICT && items.length === 0) return this.#made(new Map());
    if (items && name === PARAMETER && items[0] instanceof TensorView) return this.#push(items[0]);
    const most = name === REBUILD ? 7 : name === REBUILD_OLD ? 4 : 0;
    const least = name === REBUILD ? 6 : 4;
    if (items && items.length >= least && items.length <= most) return this.#made(tensorOf(items, this.#fault));
    throw this.#fault('PT_REDUCE', `${quote(name ?? 'a value')} is called with arguments that it does not take`);
  }

  #opcode(code: number): WeightsFormatError {
    const known = REFUSED[String.fromCharCode(code)];
    const hex = `0x${code.toString(16).padStart(2, '0')}`;
    return this.#fault(
      'PT_OPCODE',
      `opcode ${known ? `${known} (${hex})` : hex} is none that state dicts use`,
      undefined,
      code,
    );
  }

  #limit(what: string, limit: number, actual: number): WeightsFormatError {
    return new WeightsFormatError(
      'PT_LIMIT',
      `${this.#source}: byte ${this.#opcodeAt} of the pickle: ${actual} ${what}; at most ${limit} are accepted.`,
      { source: this.#source, limit: what, expected: limit, actual },
    );
  }

  readonly #fault = (
    code: ErrorCode,
    what: string,
    expected?: unknown,
    actual?: unknown,
    cause?: unknown,
    tensor?: string,
  ): WeightsFormatError =>
    new WeightsFormatError(
      code,
      `${this.#source}: byte ${this.#opcodeAt} of the pickle: ${what}. Nothing in the file was run.`,
      { source: this.#source, expected, actual, cause, ...(tensor === undefined ? {} : { tensor }) },
    );
}
