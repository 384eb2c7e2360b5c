import { open, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DepthFileError } from '../../errors.js';
import { onDisk } from '../disk_names.js';
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
  const found = await readdir(onDisk(path), { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const names = found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(path, '/').length).replaceAll('\\', '/'));
  const read = async (name: string) => {
    const size = await stat(onDisk(join(path, name))).catch((cause: unknown) => {
      throw unreadable(join(path, name), cause);
    });
    checkSize(join(path, name), size.size);
    return new Uint8Array(await readFile(onDisk(join(path, name))));
  };
  return { path, names: new Set(names), read, close: async () => undefined };
}

function unreadable(path: string, cause: unknown): DepthFileError {
  return new DepthFileError('DEPTH_READ', `${path}: cannot be read (${(cause as Error).message}).`, {
    source: path,
    phase: 'read',
    cause,
  });
}
