/** As many pictures of a list are read and run at a time. */
const AT_ONCE = 2;

/**
 * The map of each of many pictures, in order. Where one fails, no other is begun, and the maps there are disposed of.
 * @throws as `estimate`
 */
export async function estimateAll<Source, Depth extends { dispose(): void }>(
  estimate: (source: Source) => Promise<Depth>,
  sources: readonly Source[],
): Promise<Depth[]> {
  const waiting = [...sources].entries();
  const maps: Depth[] = [];
  let fault: { readonly error: unknown } | undefined;
  const work = async () => {
    for (const [i, source] of waiting) {
      if (fault) return;
      try {
        maps[i] = await estimate(source);
      } catch (error) {
        fault ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (!fault) return maps;
  // Some of them may be missing.
  for (const map of Object.values(maps)) map.dispose();
  throw fault.error;
}
