import { throwIfAborted, untilAborted } from '../../arguments/abort.js';
import type { ByteSource } from './byte_source.js';

/** A parsed `config.json` of the hub; what it should hold is for the family of the model to say. */
export interface HubConfig {
  readonly json: unknown;
  /** Its path or URL, for messages. */
  readonly source: string;
  /** Whether it may be of anything: on the hub it belongs to the model, in a folder of files it may not. */
  readonly stray?: boolean;
}

/** Longest config.json that is read, in bytes; one has a few thousand. */
const MAX_BYTES = 1024 * 1024;

/**
 * The config.json beside a file of weights on disk; undefined where there is none, and for one that cannot be read, is
 * too long or is not JSON: it may be of anything. @throws an `AbortError`
 */
export async function configBeside(
  { sibling }: ByteSource,
  signal: AbortSignal | undefined,
): Promise<HubConfig | undefined> {
  try {
    const file = await sibling?.('config.json');
    return file && { json: JSON.parse(await readText(file, MAX_BYTES, signal)), source: file.name, stray: true };
  } catch {
    throwIfAborted(signal);
    return undefined;
  }
}

async function readText(file: ByteSource, maxBytes: number, signal: AbortSignal | undefined): Promise<string> {
  const reader = (await untilAborted(file.open(signal), signal)).getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) return await new Blob(chunks).text();
      if ((bytes += value.length) > maxBytes) throw new RangeError(`${file.name}: longer than ${maxBytes} bytes.`);
      chunks.push(value.slice());
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
