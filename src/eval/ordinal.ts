/** Pairs drawn per picture: the error of the share is then about a percent. */
const PAIRS = 3000;
/** Disparities further apart than this ratio have an order that a person would see. */
const RATIO = 1.1;
const SEED = 0x9e3779b9;

/**
 * Share of random pairs of pixels, apart by more than 10 % in disparity, that an estimate puts in the wrong order or at
 * the same place: the human disagreement rate of arXiv 1604.03901 with the truth as the judge. The same pairs are drawn
 * for every model.
 * 0 where no pair is apart.
 */
export function ordinalError(estimate: Float64Array, truth: Float64Array): number {
  let [apart, wrong] = [0, 0];
  let state = SEED;
  const draw = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    return Math.floor((mix(state) / 2 ** 32) * truth.length);
  };
  for (let pair = 0; pair < PAIRS; pair++) {
    const [i, j] = [draw(), draw()];
    const [a, b] = [truth[i] as number, truth[j] as number];
    if (!(Math.max(a, b) > RATIO * Math.min(a, b))) continue;
    apart++;
    if (Math.sign((estimate[i] as number) - (estimate[j] as number)) !== Math.sign(a - b)) wrong++;
  }
  return apart ? wrong / apart : 0;
}

/** Scatters the bits of a counter; the rounds of mulberry32. */
function mix(counter: number): number {
  let x = Math.imul(counter ^ (counter >>> 15), counter | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return (x ^ (x >>> 14)) >>> 0;
}
