/** A name for the map of each picture, at its path: with the picture's whole name where two are alike but for it. */
export function mapNames(paths: readonly string[], ending: string): string[] {
  const stems = paths.map((path) => path.replace(/\.[^./]*$/, '') || path);
  const seen = new Map<string, number>();
  for (const stem of stems) seen.set(stem.toLowerCase(), (seen.get(stem.toLowerCase()) ?? 0) + 1);
  return stems.map((stem, i) => `${seen.get(stem.toLowerCase()) === 1 ? stem : (paths[i] as string)}${ending}`);
}
