import { readFileSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';

/**
 * Names that are not UTF-8, by the paths they are shown as: each byte that is no part of a character as %FF. Node puts
 * U+FFFD for such bytes, which no file is found by.
 */
const disk = new Map<string, Buffer>();

/** What the system knows a path by, which is shown as text. */
export function onDisk(path: string): string | Buffer {
  if (disk.size === 0) return path;
  const known = disk.get(path);
  const folder = dirname(path);
  if (known || folder === path) return known ?? path;
  const above = onDisk(folder);
  return typeof above === 'string' ? path : besideIn(above, basename(path));
}

/** A path in a folder. */
export function besideIn(folder: string | Buffer, name: string): string | Buffer {
  return typeof folder === 'string' ? join(folder, name) : Buffer.concat([folder, Buffer.from(sep + name)]);
}

/**
 * What lies in a folder, by names that can be shown, in their order. A link to a folder is a folder.
 * @throws errors of the system
 */
export async function entriesOf(folder: string): Promise<{ readonly name: string; readonly folder: boolean }[]> {
  const raw = onDisk(folder);
  const entries = await readdir(raw, { withFileTypes: true, encoding: 'buffer' });
  const taken = new Set(entries.map(({ name }) => text(name) ?? ''));
  const found = entries.map(async (entry) => {
    const bytes = entry.name;
    const name = text(bytes) ?? shownName(bytes, taken);
    const path = join(folder, name);
    if (text(bytes) === undefined) disk.set(path, Buffer.concat([Buffer.from(raw as string), Buffer.from(sep), bytes]));
    return { name, folder: entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path))) };
  });
  return (await Promise.all(found)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Calls back with each folder below a path and what lies in it, the path itself first. Links are followed, but for
 * those to a folder that they lie in.
 * @param except tells names of folders that are left out
 * @throws errors of the system, and of `visit`
 */
export async function eachFolder(
  path: string,
  visit: (folder: string, files: readonly string[]) => void | Promise<void>,
  except: (name: string) => boolean = () => false,
  above: readonly string[] = [],
): Promise<void> {
  const own = (await realpath(onDisk(path), 'buffer')).toString('latin1');
  if (above.includes(own)) return;
  const entries = await entriesOf(path);
  const names = (folders: boolean) => entries.filter(({ folder }) => folder === folders).map(({ name }) => name);
  await visit(path, names(false));
  for (const name of names(true).filter((each) => !except(each)))
    await eachFolder(join(path, name), visit, except, [...above, own]);
}

function isFolder(path: string): Promise<boolean> {
  return stat(onDisk(path)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Arguments of a command line, those that are not UTF-8 as they are shown. Only Linux tells their bytes, and only there
 * files have such names.
 */
export function shownArguments(args: readonly string[]): string[] {
  if (!args.some((arg) => arg.includes('\ufffd'))) return [...args];
  const raw = commandLine().slice(-args.length);
  return args.map((arg, i) => {
    const bytes = raw[i];
    // An option and what is joined to it are not a name.
    if (!bytes || text(bytes) !== undefined || bytes.toString() !== arg || arg.startsWith('-')) return arg;
    const shown = shownName(bytes, new Set());
    disk.set(shown, bytes);
    return shown;
  });
}

/** Bytes of each argument of this process. */
function commandLine(): Buffer[] {
  try {
    const whole = readFileSync('/proc/self/cmdline').toString('latin1').replace(/\0$/, '');
    return whole.split('\0').map((arg) => Buffer.from(arg, 'latin1'));
  } catch {
    return [];
  }
}

/** Bytes as text; undefined where they are not UTF-8. */
function text(bytes: Buffer): string | undefined {
  const decoded = bytes.toString();
  return Buffer.from(decoded).equals(bytes) ? decoded : undefined;
}

/** A name of its own for bytes that are not UTF-8. @param taken names that are others' */
function shownName(bytes: Buffer, taken: Set<string>): string {
  let shown = '';
  for (let at = 0; at < bytes.length;) {
    const character = [1, 2, 3, 4].map((length) => text(bytes.subarray(at, at + length))).find((found) => found);
    shown += character ?? `%${bytes[at]!.toString(16).toUpperCase()}`;
    at += character === undefined ? 1 : Buffer.byteLength(character);
  }
  while (taken.has(shown)) shown = `%${shown}`;
  taken.add(shown);
  return shown;
}
