import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { onDisk } from '../node/disk_names.js';

/**
 * Refuses a folder that is not there and cannot come into being, because a file stands in its way.
 * @returns the folder, or the nearest one above it that is there
 * @throws UsageError OPTION_VALUE naming the option and the file
 */
export async function requireFolder(option: string, folder: string): Promise<string> {
  for (let place = typeof onDisk(folder) === 'string' ? resolve(folder) : folder; ; place = dirname(place)) {
    const found = await stat(onDisk(place)).catch(() => undefined);
    if (found?.isDirectory()) return place;
    if (!found && dirname(place) !== place) continue;
    throw new UsageError('OPTION_VALUE', `--${option} ${folder}: ${place} is not a folder.`, {
      source: place,
      actual: folder,
    });
  }
}

/** Refuses a folder that files cannot be written into. @throws UsageError OPTION_VALUE */
export async function requireWritable(option: string, folder: string): Promise<void> {
  const place = await requireFolder(option, folder);
  await access(onDisk(place), constants.W_OK).catch((cause: unknown) => {
    throw new UsageError('OPTION_VALUE', `--${option} ${folder}: ${place} cannot be written into.`, {
      source: place,
      actual: folder,
      cause,
    });
  });
}
