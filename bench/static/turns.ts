import { marksOf, regionsOf, type Program, type Region } from './assembly.js';

/**
 * How often a wave runs each region of a program, all of it once. `marked` is the program of the text with marks in its
 * loops, `loops` the turns of these. A mark that is in several regions, as after peeling or in a function that is
 * called twice, shares its turns among them.
 * @returns undefined where the marks made the compiler arrange the loops in another way
 */
export function turnsOf(program: Program, marked: Program, loops: readonly number[]): Map<Region, number> | undefined {
  const regions = regionsOf(program.root);
  if (shapeOf(program.root) !== shapeOf(marked.root)) return undefined;
  const turns = turnsOfMarked(marked, loops);
  return new Map(regionsOf(marked.root).map((region, i) => [regions[i] as Region, turns.get(region) as number]));
}

/** The same for the marked program itself. */
export function turnsOfMarked(marked: Program, loops: readonly number[]): Map<Region, number> {
  const regions = regionsOf(marked.root).map((region) => ({ region, marks: marksOf(marked, region) }));
  const turns = new Map<Region, number>();
  for (const { region, marks } of regions) {
    if (region === marked.root) {
      turns.set(region, 1);
      continue;
    }
    const told = [...marks].map(([loop, here]) => {
      const elsewhere = regions.filter((other) => other.region !== region && other.marks.has(loop));
      const known = elsewhere.filter((other) => turns.has(other.region));
      const spent = known.reduce((sum, o) => sum + (turns.get(o.region) as number) * (o.marks.get(loop) as number), 0);
      const open = elsewhere.filter((other) => !turns.has(other.region));
      const shared = here + open.reduce((sum, other) => sum + (other.marks.get(loop) as number), 0);
      return Math.max(0, (loops[loop] ?? 0) - spent) / shared;
    });
    // Marks under a condition tell of fewer turns than there are.
    turns.set(region, told.length > 0 ? Math.max(...told) : 1);
  }
  return turns;
}

/** Which loops are in which: `(()())`. */
function shapeOf({ inner }: Region): string {
  return `(${inner.map(shapeOf).join('')})`;
}
