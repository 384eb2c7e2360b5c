import { describe, expect, it } from 'vitest';
import { estimateAll } from '../../../src/runtime/estimate_all.js';
import { rejection } from './pictures.js';

/** Estimates that end when they are told to. */
function manual() {
  const begun: number[] = [];
  const disposed: number[] = [];
  const ends = new Map<number, { resolve: (map: { dispose(): void }) => void; reject: (error: Error) => void }>();
  const estimate = (i: number) => {
    begun.push(i);
    return new Promise<{ dispose(): void }>((resolve, reject) => ends.set(i, { resolve, reject }));
  };
  const end = async (i: number, error?: Error) => {
    if (error) ends.get(i)!.reject(error);
    else ends.get(i)!.resolve(Object.assign({ dispose: () => void disposed.push(i) }, { i }));
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { estimate, end, begun, disposed };
}

describe('estimates of a list', () => {
  it('are two at a time, and give maps in order, whatever the list becomes', async () => {
    const { estimate, end, begun } = manual();
    const list = [0, 1, 2];
    const all = estimateAll(estimate, list);
    list.length = 0;
    expect(begun).toEqual([0, 1]);
    await end(1);
    expect(begun).toEqual([0, 1, 2]);
    await end(2);
    await end(0);
    expect(await all).toMatchObject([{ i: 0 }, { i: 1 }, { i: 2 }]);
  });

  it('begin none after one that failed, and dispose of the maps there, those that come later too', async () => {
    const { estimate, end, begun, disposed } = manual();
    const all = rejection(estimateAll(estimate, [0, 1, 2, 3, 4]));
    await end(0);
    await end(2, new RangeError('two'));
    await end(1);
    expect(await all).toMatchObject({ message: 'two' });
    expect({ begun, disposed: disposed.sort() }).toEqual({ begun: [0, 1, 2], disposed: [0, 1] });
  });
});
