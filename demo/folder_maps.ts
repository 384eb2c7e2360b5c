import {
  DepthwiseError,
  type DepthFileFormat,
  type DepthModel,
  type DrawOptions,
  type EstimateOptions,
} from 'depthwise';
import { makeZip } from 'client-zip';
import { ENDINGS } from './save_file.js';
import { pathOf, type Folder } from './dropped.js';
import { readHeif } from './heif.js';
import { mapNames } from './map_names.js';
import { focalLengthOf } from './open_picture.js';

/** How the maps of a folder are made. */
export interface FolderMapsOptions extends EstimateOptions {
  readonly signal: AbortSignal;
  readonly format: DepthFileFormat;
  readonly look: DrawOptions;
  /** Told of each picture before it is read. */
  readonly onPicture: (path: string, index: number) => void;
}

/** The maps of a folder, in one file. */
export interface FolderMaps {
  /** A zip archive; undefined where not one picture could be read. */
  readonly zip: Blob | undefined;
  /** Maps in it. */
  readonly count: number;
  /** Pictures without a map, and why. */
  readonly failed: readonly { readonly path: string; readonly why: string }[];
}

/** Of the pictures that are not there, in the archive. */
const FAILED = 'not-read.txt';

/**
 * The maps of all pictures of a folder, under their paths and names, one picture at a time. A picture that cannot be
 * read is left out and named, in the archive too.
 * @throws what ends the model, as a lost device; `AbortError`
 */
export async function makeFolderMaps(
  { pictures }: Pick<Folder, 'pictures'>,
  model: DepthModel,
  options: FolderMapsOptions,
): Promise<FolderMaps> {
  const failed: { path: string; why: string }[] = [];
  const names = mapNames(pictures.map(pathOf), `-${model.info.name}${ENDINGS[options.format]}`);
  let count = 0;
  async function* files() {
    for (const [index, file] of pictures.entries()) {
      const path = pathOf(file);
      options.signal.throwIfAborted();
      options.onPicture(path, index);
      try {
        const input = await mapFile(file, model, options);
        yield { name: names[index] as string, input, lastModified: new Date() };
        count++;
      } catch (error) {
        if (!isOfPicture(error)) throw error;
        failed.push({ path, why: error.message });
      }
    }
    if (failed.length > 0)
      yield {
        name: FAILED,
        input: failed.map(({ path, why }) => `${path}: ${why}\n`).join(''),
        lastModified: new Date(),
      };
  }
  const zip = await collect(makeZip(files()));
  return { zip: count > 0 ? zip : undefined, count, failed };
}

async function mapFile(file: File, model: DepthModel, options: FolderMapsOptions): Promise<Blob> {
  const { signal, format, look, inputSize } = options;
  const asked = { signal, ...(inputSize === undefined ? {} : { inputSize }) };
  const map = await model.estimate(file, asked).catch(async (error: unknown) => {
    const read = isOfPicture(error) ? await readHeif(file, signal) : undefined;
    if (!read) throw error;
    const { width, height } = await createImageBitmap(read);
    const focalLength = await focalLengthOf(file, { width, height });
    return model.estimate(read, { ...asked, ...(focalLength === undefined ? {} : { focalLength }) });
  });
  try {
    return await map.toBlob(format, look);
  } finally {
    map.dispose();
  }
}

/** Whether an error is about the picture, and the next one may do. */
function isOfPicture(error: unknown): error is Error {
  return error instanceof DepthwiseError ? error.phase === 'image' : error instanceof Error && error.name === 'Error';
}

/** A stream as a blob, whose parts the browser may keep on the disk as they come. */
async function collect(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const parts: Blob[] = [];
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts, { type: 'application/zip' });
    parts.push(new Blob([value as Uint8Array<ArrayBuffer>]));
  }
}
