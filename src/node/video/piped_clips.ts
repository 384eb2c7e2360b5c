import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A video that came out of a pipe. */
export interface PipedClip {
  /** Where it is kept. */
  readonly file: string;
  /** SHA-256 of its bytes. */
  readonly digest: string;
}

/** Videos that come out of pipes, in files until they are done with: they are read more than once. */
export class PipedClips {
  #folder: string | undefined;
  #count = 0;

  /** Keeps what was taken of a pipe and all that comes. @throws Error with the reason alone */
  async keep(taken: readonly Uint8Array[], coming: AsyncIterable<Uint8Array>): Promise<PipedClip> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'depthwise-pipe-'));
    const path = join(this.#folder, String(this.#count++));
    const hash = createHash('sha256');
    const file = await open(path, 'wx');
    const add = async (chunk: Uint8Array) => {
      hash.update(chunk);
      await file.writeFile(chunk);
    };
    try {
      for (const chunk of taken) await add(chunk);
      for await (const chunk of coming) await add(chunk);
    } finally {
      await file.close();
    }
    return { file: path, digest: hash.digest('hex') };
  }

  /** Removes the files. */
  async remove(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}
