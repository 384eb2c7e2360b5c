import { createHash } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { WeightsCache } from '../../../src/weights/cache/cache.js';
import { withCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import type { CheckpointOptions } from '../../../src/weights/fetch/checkpoint_options.js';
import type { Warning } from '../../../src/warnings.js';
import { fileWith } from './safetensors_file.js';

export const FILE = fileWith({
  a: { dtype: 'F32', shape: [100], bytes: 400 },
  b: { dtype: 'F32', shape: [50], bytes: 200 },
});
/** Of FILE. */
export const SHA256 = createHash('sha256').update(FILE).digest('hex');
/** Of a commit of the hub, so that it cannot change. */
export const URL_A = `https://huggingface.co/org/repo/resolve/${'0123456789'.repeat(4)}/a.safetensors`;

/** A server in memory that counts its requests. */
export const serves = (body: Uint8Array = FILE) => vi.fn(async () => new Response(body.slice()));

/** Loads FILE through a cache: the warnings and the phases it was told of. */
export async function load(
  cache: WeightsCache | undefined,
  fetch: ReturnType<typeof serves>,
  options: CheckpointOptions = {},
) {
  const warnings: Warning[] = [];
  const phases = new Set<string>();
  const all = {
    cache,
    http: { fetch: fetch as unknown as typeof globalThis.fetch, retryMs: 1 },
    onWarning: (warning: Warning) => warnings.push(warning),
    onProgress: ({ phase }: { phase: string }) => phases.add(phase),
    ...options,
  };
  const bytes = await withCheckpoint(URL_A, all, async (checkpoint) => {
    const parts: number[] = [];
    for await (const tensor of checkpoint.tensors()) parts.push(...tensor.bytes);
    return Uint8Array.from(parts);
  });
  expect(bytes).toEqual(FILE.subarray(FILE.length - 600));
  return { codes: warnings.map(({ code }) => code), phases: [...phases], warnings };
}
