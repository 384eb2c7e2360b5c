import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DepthMap, DepthModel } from '../../../src/index.js';
import type { SteadyState } from '../../../src/runtime/steady.js';
import { testGpu } from '../../gpu.js';
import { each, flicker, frames, gray, nanoOn, scene, SIZE, WIDTH } from './moving_disc.js';
import { rejection } from './pictures.js';

let model: DepthModel;
beforeAll(async () => {
  model = await nanoOn(await testGpu());
}, 60_000);
afterAll(() => model.dispose());

describe('stream with steady: true', () => {
  it('holds the static part of a scene with a moving disc within 1 grey level a frame, 2 at worst', async () => {
    const clip = Array.from({ length: 10 }, (_, i) => scene(i));
    const raw = flicker(await each(model, clip, {}, gray));
    const steady = flicker(await each(model, clip, { steady: true }, gray));
    console.log('change of grey levels a frame: raw', raw, 'steady', steady);
    expect(raw.mean).toBeGreaterThan(1.5);
    expect(steady.mean).toBeLessThan(1);
    expect(steady.worst).toBeLessThan(2);
  }, 60_000);

  it('starts anew at a cut, at another size and in another stream: those maps are the raw ones', async () => {
    const values = (map: DepthMap) => map.read();
    const [first, second, cut] = [scene(0), scene(1), scene(2, true)] as const;
    const small = { ...first, data: first.data.slice(0, 4 * WIDTH * 72), height: 72 };
    const list = [first, second, cut, small, first];
    const raw = await each(model, list, {}, values);
    const steady = await each(model, list, { steady: true }, values);
    expect(steady[1]).not.toEqual(raw[1]);
    for (const fresh of [0, 2, 3, 4]) expect(steady[fresh], `map ${fresh}`).toEqual(raw[fresh]);
    const colors = await each(model, [cut], { steady: true }, gray);
    expect((await each(model, list, { steady: true }, gray))[2]).toEqual(colors[0]);
  }, 60_000);

  it('draws each map with the range that a caller gives, and writes files by the range it is drawn with', async () => {
    const [range, clip] = [{ min: -1, max: 9 }, [0, 1, 2].map((i) => scene(i))];
    const lineOf = async (map: DepthMap) => {
      const text = Buffer.from(await (await map.toBlob('png', { colormap: 'gray' })).arrayBuffer()).toString('latin1');
      return JSON.parse(/\{"[^}]*\}/.exec(text)![0]) as { scale: number; offset: number };
    };
    const maps = await each(model, clip, { steady: true }, async (map) => ({
      values: await map.read(),
      given: await map.colors({ colormap: 'gray', range }),
      drawn: await gray(map),
      line: await lineOf(map),
    }));
    for (const { values, given, drawn, line } of maps) {
      const nearest = values.indexOf(values.reduce((a, b) => Math.max(a, b)));
      expect(given[4 * nearest]! / 255).toBeCloseTo((values[nearest]! + 1) / 10, 1);
      const off = Array.from(values, (value, i) => Math.abs(line.offset + line.scale * drawn[4 * i]! - value));
      const within = off.filter((each) => each <= 1.01 * Math.abs(line.scale)).length;
      expect(within / off.length, 'values that the drawing tells to a level').toBeGreaterThan(0.95);
    }
  }, 60_000);

  it('goes on from what another stream left, to the same maps', async () => {
    const clip = [0, 1, 2, 3].map((i) => scene(i));
    const whole = await each(model, clip, { steady: true }, (map) => map.read());
    const state: SteadyState = {};
    const first = model.stream(frames(clip), { ...SIZE, steady: true, steadyState: state });
    for (let i = 0; i < 2; i++) (await first.next()).value?.dispose();
    const from = await state.save?.();
    await first.return();
    const rest = await each(model, clip.slice(2), { steady: true, steadyState: { from } }, (map) => map.read());
    const fresh = await each(model, clip.slice(2), { steady: true }, (map) => map.read());
    const apart = (maps: Float32Array[]) =>
      maps.map((map, i) => Math.max(...map.map((v, p) => Math.abs(v - whole[i + 2]![p]!))));
    expect(apart(rest)).toEqual([0, 0]);
    expect(Math.min(...apart(fresh))).toBeGreaterThan(0);
  }, 60_000);

  it('says what is wrong with the option', async () => {
    const wrong = { steady: 'yes' as unknown as boolean };
    expect(await rejection(model.stream(frames([]), wrong).next())).toMatchObject({ code: 'OPTION_STEADY' });
  });

  it('has no windows of frames for a network that sees each alone', async () => {
    const windows = model.stream(frames([]), { windows: true });
    expect(await rejection(windows.next())).toMatchObject({ name: 'UsageError', code: 'OPTION_WINDOWS' });
  });

  it('gives maps the timestamp of their frames', async () => {
    const stamped = [0, 33_000].map((timestamp, i) => ({ ...scene(i), timestamp }));
    expect(await each(model, stamped, {}, async ({ timestamp }) => timestamp)).toEqual([0, 33_000]);
    expect(await each(model, [scene(0)], {}, async ({ timestamp }) => timestamp)).toEqual([undefined]);
  });
});
