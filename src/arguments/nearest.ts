/**
 * The candidate that takes the fewest insertions, deletions and replacements to reach, when that is at most a third of
 * its length.
 */
export function nearest<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  const distance = (candidate: T) => editDistance([...word.toLowerCase()], [...candidate.toLowerCase()]);
  const [best] = candidates
    .filter((candidate) => distance(candidate) <= Math.max(1, candidate.length / 3))
    .sort((a, b) => distance(a) - distance(b));
  return best;
}

/** Levenshtein distance, row by row. */
function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = [0, ...b.map((_, i) => i + 1)];
  for (const letter of a) {
    const above = row;
    row = [above[0]! + 1];
    b.forEach((other, i) => row.push(Math.min(above[i]! + Number(letter !== other), above[i + 1]! + 1, row[i]! + 1)));
  }
  return row[b.length]!;
}
