import { open, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DepthFileError } from '../../errors.js';
import { eachFolder, onDisk } from '../disk_names.js';
import { checkSize, type FileTree } from './archive_bytes.js';
import { openTar } from './tar_tree.js';
import { openZip } from './zip_tree.js';

/** Whether a file is an archive by its name. */
export function isArchive(name: string): boolean {
  return /\.(?:zip|tar)$/i.test(name);
}

/** Opens a folder, a zip or a tar archive. @throws DepthFileError EVAL_ARCHIVE, DEPTH_READ */
export async function openTree(path: string): Promise<FileTree> {
  const found = await stat(onDisk(path)).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (found.isDirectory()) return openFolder(path);
  const file = await open(onDisk(path)).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    return await (/\.zip$/i.test(path) ? openZip : openTar)(path, file, found.size);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFolder(path: string): Promise<FileTree> {
  const names = new Set<string>();
  await eachFolder(path, (folder, files) => {
    for (const file of files) names.add(join(folder, file).slice(join(path, '/').length).replaceAll(sep, '/'));
  }).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const read = async (name: string) => {
    // A list may not lead out of the folder.
    if (name.split('/').includes('..'))
      throw unreadable(join(path, name), new Error('it is outside of the folder that is read'));
    const size = await stat(onDisk(join(path, name))).catch((cause: unknown) => {
      throw unreadable(join(path, name), cause);
    });
    checkSize(join(path, name), size.size);
    return new Uint8Array(await readFile(onDisk(join(path, name))));
  };
  return { path, names, read, close: async () => undefined };
}

function unreadable(path: string, cause: unknown): DepthFileError {
  return new DepthFileError('DEPTH_READ', `${path}: cannot be read (${(cause as Error).message}).`, {
    source: path,
    phase: 'read',
    cause,
  });
}
