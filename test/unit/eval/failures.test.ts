import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.js';
import { pageText, type Section } from '../../../src/cli/suite/page.js';
import { failureCases, SEED, type FailureCase } from '../../../src/eval/scenes/failures.js';
import { judge, truthOfRendering } from '../../../src/eval/scenes/judge.js';
import { render, type Rendering } from '../../../src/eval/scenes/render.js';

const SMALL = { width: 64, height: 48 };
/** The thinnest stem is a pixel wide at least. */
const sizeOf = ({ name }: FailureCase) => (name === 'stems' ? { width: 240, height: 180 } : SMALL);
const rendered = new Map<string, Rendering>();
const renderingOf = (each: FailureCase): Rendering => {
  const found = rendered.get(each.name) ?? render(each.scene(SEED, sizeOf(each)), sizeOf(each));
  rendered.set(each.name, found);
  return found;
};
const named = (name: string) => failureCases.find((each) => each.name === name) as FailureCase;
const full = (value: number, { width, height }: Rendering) => new Float64Array(width * height).fill(value);

describe('questions of the failure suite', () => {
  it.each(failureCases.map((each) => [each.name, each] as const))('%s is passed by the truth alone', (_, each) => {
    const rendering = renderingOf(each);
    const { disparity } = truthOfRendering(rendering);
    const sure = full(1, rendering);
    expect(judge(each, rendering, disparity, sure)).toMatchObject({ verdict: 'passed', good: true, confidence: 1 });
    // Of any scale and shift.
    const scaled = disparity.map((d) => 3 * d - 7);
    expect(judge(each, rendering, scaled, sure).verdict).toBe('passed');
    const wrong = judge(
      each,
      rendering,
      Float64Array.from(disparity, (d, i) => -d + 0.2 * Math.sin(i)),
      sure,
    );
    expect(wrong, JSON.stringify(wrong)).toMatchObject({ verdict: 'failed', good: false });
    expect(
      judge(
        each,
        rendering,
        disparity.map((d) => -d),
        full(0.4, rendering),
      ).verdict,
    ).not.toBe('failed');
  });

  it('are as good doubted as passed where the picture leaves them open, and nowhere else', () => {
    for (const each of [named('cards-apart'), named('post')]) {
      const rendering = renderingOf(each);
      const { disparity } = truthOfRendering(rendering);
      const doubted = judge(
        each,
        rendering,
        disparity.map((d, i) => Math.sin(i) - d),
        full(0.2, rendering),
      );
      expect(doubted).toMatchObject({ verdict: 'doubted', good: each.name === 'cards-apart' });
    }
  });

  it('have the truth that their scenes state', () => {
    const { depth, labels } = renderingOf(named('cards-apart'));
    for (const [label, z] of Object.entries({ nearest: 2, middle: 3, farthest: 4.5, wall: 7 }))
      labels.forEach((each, i) => each === label && expect(depth[i]).toBeCloseTo(z, 9));
    const [mirror, poster] = [renderingOf(named('mirror')), renderingOf(named('poster'))];
    expect(mirror.labels.filter((label) => label === 'mirror').length).toBeGreaterThan(100);
    expect(mirror.depth).toEqual(poster.depth);
    const pane = renderingOf(named('pane'));
    const behind = pane.labels.map((label, i) => (label === 'pane' ? pane.depth[i]! : 9));
    expect(Math.min(...behind)).toBeGreaterThan(3);
    const { labels: sky, depth: far } = renderingOf(named('clouds'));
    sky.forEach((label, i) => expect(far[i] === Infinity).toBe(label === 'sky' || label === 'cloud'));
  });

  it('are the same picture every time', () => {
    const again = render(named('night').scene(SEED, SMALL), SMALL);
    expect(again.data).toEqual(renderingOf(named('night')).data);
    expect(again.data).not.toEqual(renderingOf(named('street')).data);
  });
});

describe('pictures of other seeds', () => {
  const FLAT = ['cards-overlapping', 'cards-apart', 'mirror', 'poster'];

  it.each(FLAT)('of %s are others, of the same question', (name) => {
    const each = named(name);
    for (const seed of [101, 205]) {
      const rendering = render(each.scene(seed, SMALL), SMALL);
      expect(rendering.data).not.toEqual(renderingOf(each).data);
      const { disparity } = truthOfRendering(rendering);
      expect(judge(each, rendering, disparity, full(1, rendering)).verdict).toBe('passed');
      for (const label of each.region!) expect(rendering.labels).toContain(label);
    }
  });
});

describe('the page of results', () => {
  it('asks for nothing, reads nothing as HTML, and takes sections one at a time', async () => {
    const png = Uint8Array.of(1, 2, 3);
    const section: Section = { title: '<script>', rows: [['head'], ['<b>']], figures: [[{ caption: 'a', png }]] };
    let taken = 0;
    const sections = async function* () {
      for (; taken < 2; taken++) yield Promise.resolve(section);
    };
    const pieces: (readonly [taken: number, text: string])[] = [];
    for await (const text of pageText({ title: 'A & B', intro: 'in "words"' }, sections())) pieces.push([taken, text]);
    expect(pieces.map(([before]) => before)).toEqual([0, 0, 1, 2]);
    const html = pieces.map(([, text]) => text).join('');
    expect(html).toContain('src="data:image/png;base64,AQID"');
    expect(html).toContain('<th>head</th>');
    expect(html.match(/<(?:script|b)>|\b(?:href|src)="(?!data:)|url\(|@import/)).toBeNull();
  });
});

describe('the command', () => {
  it('takes one model or several, and a folder', () => {
    const parse = (...argv: string[]) => parseArguments(['eval', '--suite', 'failures', ...argv]);
    expect(parse('-o', 'd')).toMatchObject({ command: 'suite', output: 'd', models: [] });
    expect(parse('-o', 'd', '--models', 'nano, dpt-large')).toMatchObject({
      models: [{ model: 'nano' }, { model: 'dpt-large' }],
    });
    expect(() => parse()).toThrow('-o');
    expect(parse('-o', 'd', '--seed', '201')).toMatchObject({ seed: 201 });
    for (const seed of ['-1', '1.5', 'x']) expect(() => parse('-o', 'd', `--seed=${seed}`)).toThrow('--seed');
    expect(() => parseArguments(['eval', '--data', 'e', '--seed', '3'])).toThrow('--seed');
    expect(() => parse('-o', 'd', '--data', 'e')).toThrow('--data');
    expect(() => parse('-o', 'd', '--models', 'nano,nano')).toThrow('--models');
    expect(() => parse('-o', 'd', '--models', 'nano', '--weights', 'w')).toThrow('--weights');
    expect(() => parseArguments(['eval', '--suite', 'failure', '-o', 'd'])).toThrow('failures');
    expect(() => parseArguments(['eval', '--data', 'e', '-o', 'd'])).toThrow('--output');
  });
});
