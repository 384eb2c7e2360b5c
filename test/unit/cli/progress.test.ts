import { describe, expect, it } from 'vitest';
import { ProgressBar } from '../../../src/cli/progress.js';

function terminal(options: { isTTY?: boolean; columns?: number } = { isTTY: true, columns: 60 }) {
  const written: string[] = [];
  return { ...options, written, write: (text: string) => written.push(text) };
}

describe('ProgressBar', () => {
  it('is silent where there is no terminal', () => {
    const stream = terminal({});
    const bar = new ProgressBar(stream, () => 0);
    bar.update('a.jpg', 1, 2);
    bar.update('a.jpg', 2, 2);
    bar.clear();
    expect(stream.written).toEqual([]);
  });

  it('draws one line over itself and takes it away', () => {
    const stream = terminal();
    const bar = new ProgressBar(stream, () => 0);
    bar.update('a.jpg', 1, 4);
    expect(stream.written).toEqual([`\r\x1b[K${'█'.repeat(6)}${'░'.repeat(18)}  25 % a.jpg`]);
    bar.clear();
    bar.clear();
    expect(stream.written.slice(1)).toEqual(['\r\x1b[K']);
  });

  it('draws seldom, but always the end', () => {
    let now = 0;
    const stream = terminal();
    const bar = new ProgressBar(stream, () => now);
    for (let done = 0; done < 100; done++, now += 2) bar.update('weights', done, 100);
    expect(stream.written).toHaveLength(3);
    bar.update('weights', 100, 100);
    expect(stream.written.at(-1)).toContain('100 %');
  });

  it('never wraps onto a second line', () => {
    const stream = terminal({ isTTY: true, columns: 40 });
    new ProgressBar(stream, () => 0).update('a-very-long-file-name.jpg', 1, 2);
    const line = stream.written[0]!.replace('\r\x1b[K', '');
    expect(line).toHaveLength(39);
    expect(line).toMatch(/ a-very-…$/);
  });

  it('takes 80 columns where the terminal says it has none', () => {
    const stream = terminal({ isTTY: true, columns: 0 });
    new ProgressBar(stream, () => 0).update('a.jpg', 1, 2);
    expect(stream.written[0]).toContain('a.jpg');
  });

  it('stays within 0 and 100 percent', () => {
    const stream = terminal();
    const bar = new ProgressBar(stream, () => 0);
    bar.update('', 5, 4);
    bar.update('', 1, 0);
    expect(stream.written[0]).toContain('100 %');
    expect(stream.written).toHaveLength(1);
  });
});
