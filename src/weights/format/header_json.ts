import { quote, WeightsFormatError } from '../../errors.js';

/** A JSON number as it was written; the caller decides whether it may be what it is. */
export class NumberToken {
  constructor(readonly text: string) {}
}

export type JsonNode = string | boolean | null | NumberToken | readonly JsonNode[] | JsonObject;
/** Members in file order. A `Map`, so that a member called `__proto__` is a member like any other. */
export type JsonObject = ReadonlyMap<string, JsonNode>;

export interface HeaderLimits {
  /** File name or URL, for messages. */
  readonly source: string;
  /** Most members the outermost object may have. */
  readonly maxMembers: number;
}

/** Nesting of a legal header: the header, a tensor entry, its shape. One level to spare, then it is refused. */
const MAX_DEPTH = 4;
/** Most dimensions of a tensor, as in NumPy and PyTorch; lists of a header hold nothing longer. */
const MAX_RANK = 64;
/** Most members of `__metadata__`, and of any other object within the header: an entry has 3. */
const MAX_METADATA = 10_000;
const MAX_FIELDS = 16;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE: ReadonlySet<number> = new Set([' ', '\t', '\r', '\n'].map((space) => space.charCodeAt(0)));
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /true|false|null/y;
/** What a decoder puts in place of bytes that are not UTF-8; itself EF BF BD. */
const REPLACEMENT = '\ufffd';

/**
 * Decodes the header's UTF-8, a byte order mark included.
 * @throws WeightsFormatError `ST_HEADER_UTF8` with the offset of the first byte at fault, counted from the start of the
 *   header.
 */
export function decodeUtf8(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const offset = utf8Fault(bytes);
    throw new WeightsFormatError(
      'ST_HEADER_UTF8',
      `${source}: the header is not UTF-8: byte ${offset} of ${bytes.length} is at fault.`,
      {
        source,
        actual: offset,
        expected: bytes.length,
        cause,
      },
    );
  }
}

/**
 * Offset of the first byte that is at fault: a decoder puts U+FFFD in its place, and what comes before it is encoded as
 * it was.
 */
function utf8Fault(bytes: Uint8Array): number {
  const [decoder, encoder] = [new TextDecoder('utf-8', { ignoreBOM: true }), new TextEncoder()];
  let offset = 0;
  for (const part of decoder.decode(bytes).split(REPLACEMENT)) {
    offset += encoder.encode(part).length;
    if (((bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!) !== 0xefbfbd) break;
    offset += 3;
  }
  return offset;
}

/**
 * Parses the JSON text of a header: one object, RFC 8259 and nothing beyond it, with what `JSON.parse` hides kept
 * visible: a repeated key is an error, numbers keep their digits, nesting is bounded.
 * @throws WeightsFormatError `ST_HEADER_JSON`, `ST_DUPLICATE_KEY` or `ST_TOO_MANY_TENSORS`
 */
export function parseHeaderJson(text: string, limits: HeaderLimits): JsonObject {
  return new HeaderParser(text, limits).parse();
}

class HeaderParser {
  readonly #text: string;
  readonly #limits: HeaderLimits;
  #at = 0;
  /** Key of the outermost member being read, to name the tensor in messages. */
  #member: string | undefined;

  constructor(text: string, limits: HeaderLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  parse(): JsonObject {
    this.#skipSpace();
    if (this.#text[this.#at] !== '{') this.#fail('an object');
    const object = this.#object(1);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('the end of the header');
    return object;
  }

  #value(depth: number): JsonNode {
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      if (depth > MAX_DEPTH) this.#fail(`at most ${MAX_DEPTH} levels of nesting`);
      return first === '{' ? this.#object(depth) : this.#array(depth);
    }
    if (first === '"') return this.#string();
    const word = this.#take(WORD);
    if (word) return JSON.parse(word) as boolean | null;
    const number = this.#take(NUMBER);
    if (number === '') this.#fail('a value');
    return new NumberToken(number);
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonNode>();
    this.#at++;
    this.#skipSpace();
    if (this.#accept('}')) return members;
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') this.#fail('a quoted key');
      const key = this.#string();
      if (depth === 1) this.#member = key;
      if (members.has(key)) this.#failDuplicate(key, depth);
      if (depth === 1 && members.size === this.#limits.maxMembers) this.#failCount();
      if (depth > 1 && members.size === this.#mostMembers(depth)) this.#failSize('ST_ENTRY', 'members', members.size);
      this.#skipSpace();
      if (!this.#accept(':')) this.#fail('":"');
      this.#skipSpace();
      members.set(key, this.#value(depth + 1));
      this.#skipSpace();
    } while (this.#accept(','));
    if (!this.#accept('}')) this.#fail('"," or "}"');
    return members;
  }

  #array(depth: number): readonly JsonNode[] {
    const items: JsonNode[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#accept(']')) return items;
    do {
      this.#skipSpace();
      if (items.length === MAX_RANK) this.#failSize('ST_RANK', 'numbers in a list', MAX_RANK);
      items.push(this.#value(depth + 1));
      this.#skipSpace();
    } while (this.#accept(','));
    if (!this.#accept(']')) this.#fail('"," or "]"');
    return items;
  }

  #mostMembers(depth: number): number {
    return depth === 2 && this.#member === '__metadata__' ? MAX_METADATA : MAX_FIELDS;
  }

  /** Ends before a list or an object takes memory that no tensor needs. */
  #failSize(code: 'ST_RANK' | 'ST_ENTRY', what: string, most: number): never {
    const { source } = this.#limits;
    const tensor = this.#member ?? '';
    throw new WeightsFormatError(code, `${source}: ${quote(tensor)} has more than ${most} ${what}.`, {
      source,
      tensor,
      limit: what,
      expected: most,
      actual: most + 1,
    });
  }

  #string(): string {
    const start = this.#at++;
    this.#take(PLAIN);
    while (!this.#accept('"')) {
      if (this.#text[this.#at] !== '\\') this.#fail('a closing quote; control characters must be escaped');
      const escape = this.#text[this.#at + 1] === 'u' ? 'an escape of four hexadecimal digits' : 'an escape';
      if (!this.#take(ESCAPE)) this.#fail(escape);
      this.#take(PLAIN);
    }
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #take(pattern: RegExp): string {
    const start = this.#at;
    pattern.lastIndex = start;
    if (!pattern.test(this.#text)) return '';
    this.#at = pattern.lastIndex;
    return this.#text.slice(start, this.#at);
  }

  #skipSpace(): void {
    while (SPACE.has(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fail(expected: string): never {
    const { source } = this.#limits;
    const found =
      this.#at < this.#text.length ? quote(this.#text.slice(this.#at, this.#at + 12)) : 'the end of the header';
    const offset = new TextEncoder().encode(this.#text.slice(0, this.#at)).length;
    throw new WeightsFormatError(
      'ST_HEADER_JSON',
      `${source}: the header is not valid JSON: byte ${offset} should be ${expected}, and is ${found}.`,
      {
        source,
        expected,
        actual: offset,
        ...(this.#member === undefined ? {} : { tensor: this.#member }),
      },
    );
  }

  #failDuplicate(key: string, depth: number): never {
    const { source } = this.#limits;
    const tensor = this.#member ?? key;
    const where = depth === 1 ? 'the header' : `the entry of ${quote(tensor)}`;
    throw new WeightsFormatError('ST_DUPLICATE_KEY', `${source}: ${where} has the key ${quote(key)} twice.`, {
      source,
      tensor,
      actual: key,
    });
  }

  #failCount(): never {
    const { source, maxMembers } = this.#limits;
    throw new WeightsFormatError(
      'ST_TOO_MANY_TENSORS',
      `${source}: the header lists more than ${maxMembers} tensors.`,
      {
        source,
        limit: 'maxTensors',
        expected: maxMembers,
      },
    );
  }
}
