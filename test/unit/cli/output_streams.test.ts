import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { watchOutput } from '../../../src/cli/output_streams.js';

class Stream extends EventEmitter {
  readonly written: string[] = [];
  write(text: string): void {
    this.written.push(text);
  }
  fail(code: string): void {
    this.emit('error', Object.assign(new Error(`${code}: write`), { code }));
  }
}

function watched() {
  const stdout = new Stream();
  const stderr = new Stream();
  const codes: number[] = [];
  watchOutput((code) => codes.push(code), stdout, stderr);
  return { stdout, stderr, codes };
}

describe('watchOutput', () => {
  it('ends without a word when the reader has gone', () => {
    const { stdout, stderr, codes } = watched();
    stdout.fail('EPIPE');
    expect(codes).toEqual([141]);
    expect(stderr.written).toEqual([]);
  });

  it('says once why nothing can be written', () => {
    const { stdout, stderr, codes } = watched();
    stdout.fail('ENOSPC');
    stdout.fail('ENOSPC');
    stderr.fail('EPIPE');
    expect(codes).toEqual([1]);
    expect(stderr.written).toEqual(['depthwise: standard output cannot be written (ENOSPC: write). [OUTPUT_WRITE]\n']);
  });

  it('does not report a fault of standard error to itself', () => {
    const { stderr, codes } = watched();
    stderr.fail('ENOSPC');
    expect(codes).toEqual([1]);
    expect(stderr.written).toEqual([]);
  });
});
