import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UsageError } from '../../errors.js';
import { protocols, type Protocol, type ProtocolName } from '../../eval/protocols.js';
import type { FileTree } from '../../node/archive/archive_bytes.js';
import { isArchive, openTree } from '../../node/archive/file_tree.js';
import { onDisk } from '../../node/disk_names.js';
import { clips } from './clips.js';
import { da2k } from './da2k.js';
import { marigold } from './marigold.js';
import { moge } from './moge.js';
import type { Benchmark, Layout } from './sample.js';
import { sintel } from './sintel.js';

const LAYOUTS: readonly Layout[] = [moge, marigold, sintel, da2k, clips];

/** Benchmarks in a folder or an archive, and the files that they are in, to be closed when they are done with. */
export interface FoundBenchmarks {
  readonly benchmarks: readonly Benchmark[];
  /** Every file that may be read: archives, and what is in folders. */
  readonly files: readonly string[];
  close(): Promise<void>;
}

/**
 * The public benchmarks that a folder or an archive holds, told by their own lists and names. Archives in the folder
 * are looked into, and read where they are.
 * @param protocol in place of the one that each layout comes with
 * @returns undefined where nothing is told
 * @throws DepthFileError EVAL_ARCHIVE, EVAL_LAYOUT, DEPTH_READ; UsageError EVAL_EMPTY where the lists are empty,
 *   OPTION_CONFLICT where the protocol does not fit
 */
export async function findBenchmarks(path: string, protocol?: ProtocolName): Promise<FoundBenchmarks | undefined> {
  const trees: FileTree[] = [];
  const close = async () => {
    await Promise.all(trees.map((tree) => tree.close()));
  };
  try {
    for await (const tree of treesIn(path)) trees.push(tree);
    const choice = protocol && { protocol: { name: protocol, rules: protocols[protocol] } };
    const benchmarks: Benchmark[] = [];
    for (const tree of trees)
      for (const layout of LAYOUTS) {
        const found = await layout(tree, trees, choice ?? {});
        if (protocol) for (const each of found) requireFit(each, layout, protocol, tree.path);
        benchmarks.push(...found);
      }
    const empty = benchmarks.length > 0 && benchmarks.every(({ samples }) => samples.length === 0);
    if (empty)
      throw new UsageError('EVAL_EMPTY', `${path}: the lists of ${benchmarks[0]!.name} name no picture.`, {
        source: path,
      });
    if (benchmarks.length > 0) return { benchmarks, files: trees.flatMap(filesOf), close };
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return undefined;
}

/** What a protocol needs the benchmark has to have. @throws UsageError OPTION_CONFLICT */
function requireFit(benchmark: Benchmark, layout: Layout, protocol: ProtocolName, source: string): void {
  const { camera, perClip, pictureCrop, truthCrop }: Protocol = protocols[protocol];
  const reason = !benchmark.protocol
    ? `${benchmark.name} has pairs of points, which are in order or not`
    : camera && layout !== moge
      ? `it looks through cameras, which the pack of MoGe alone has`
      : perClip && benchmark.samples.some(({ clip }) => clip === undefined)
        ? 'it aligns clips, and these are single pictures'
        : (pictureCrop ?? truthCrop) && layout === moge
          ? 'it cuts pictures that the pack of MoGe has whole'
          : undefined;
  if (reason)
    throw new UsageError('OPTION_CONFLICT', `${source}: --protocol ${protocol} does not fit: ${reason}.`, { source });
}

function filesOf({ path, names }: FileTree): string[] {
  return isArchive(path) ? [path] : [...names].map((name) => join(path, name));
}

/** A folder, listed once, and the archives below it, or an archive; nothing where there is neither. */
async function* treesIn(path: string): AsyncGenerator<FileTree, void, undefined> {
  const found = await stat(onDisk(path)).catch(() => undefined);
  if (!found?.isDirectory() && !(found?.isFile() && isArchive(path))) return;
  const tree = await openTree(path);
  yield tree;
  if (!found.isDirectory()) return;
  for (const name of [...tree.names].filter((each) => isArchive(each) && !basename(each).startsWith('.')).sort()) {
    const archive = join(path, name);
    if ((await stat(onDisk(archive)).catch(() => undefined))?.isFile()) yield await openTree(archive);
  }
}
