import { describe, expect, it } from 'vitest';
import { escapeControls, quote } from '../../../src/errors.js';
import { ProgressBar } from '../../../src/cli/progress.js';
import { writeLine } from '../../../src/cli/terminal.js';

/** Every control character but tab and line feed, and every mark that reorders or breaks text. */
const STEERING = [
  ...Array.from({ length: 0xa0 }, (_, code) => code).filter(
    (code) => (code < 32 && code !== 9 && code !== 10) || code > 126,
  ),
  0x61c,
  0x200e,
  0x200f,
  ...[0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
].map((code) => String.fromCharCode(code));

describe('text for a terminal', () => {
  it('has nothing in it that steers the terminal or reorders text, whatever way it takes', () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 400, write: (text: string) => written.push(text) };
    for (const char of STEERING) {
      const code = `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
      writeLine(stream, `a${char}b`);
      expect(written.pop()).toBe(`a${code}b\n`);
      expect(quote(`a${char}b`)).not.toContain(char);
      expect(JSON.parse(escapeControls(JSON.stringify({ char })))).toEqual({ char });
      new ProgressBar(stream, () => 0).update(`a${char}b`, 1, 1);
      expect(written.pop()).toMatch(/^\r\x1b\[K[^\0-\x1f\x7f-\x9f\u200e\u202e]*$/);
    }
  });

  it('keeps text of every language as it is', () => {
    for (const text of ['Grüße, 深度, עומק, 👩‍🚀', 'a\tb\nc']) expect(escapeControls(text)).toBe(text);
  });
});
