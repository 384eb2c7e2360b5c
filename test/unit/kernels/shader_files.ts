import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../../shaders/', import.meta.url);

/** Every WGSL file of the ops by name. */
export const shaderFiles: ReadonlyMap<string, string> = new Map(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.wgsl'))
    .sort()
    .map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]),
);

/** The files with an entry point. */
export const mainFiles = [...shaderFiles.keys()].filter((name) => shaderFiles.get(name)?.includes('@compute'));

/** Names on the `// Includes:` lines of a file's header. */
export function includesOf(name: string): string[] {
  const header = /^(\/\/[^\n]*\n)+/.exec(shaderFiles.get(name) ?? '')?.[0] ?? '';
  return [...header.matchAll(/^\/\/ Includes: (.*)$/gm)].flatMap(([, list]) =>
    (list as string).replace(/\.$/, '').split(', '),
  );
}

/** Names of the tunable element types of some WGSL, those whose default is f32. */
export function elementAliases(code: string): string[] {
  return [...code.matchAll(/^alias (\w+) = f32;/gm)].map(([, name]) => name as string);
}
