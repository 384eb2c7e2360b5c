import { NetworkError, WeightsFormatError, type DepthwiseError } from '../../errors.js';

/** Other things that arrive in place of a safetensors file, by how they start. */
const PAGE = /^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|\?xml)/i;
const LFS_POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\//;
const JSON_TEXT = /^\s*[{[]\s*[\"{[\]}]/;
const CONTAINERS: readonly (readonly [RegExp, string])[] = [
  [/^\x80[\x02-\x05][^\x00]/, 'It starts like a Python pickle, but not like one that torch.save writes.'],
  [/^GGUF/, 'It starts like a GGUF file.'],
  [/^\x89HDF/, 'It starts like an HDF5 file.'],
];

/**
 * What to throw for a file whose first 8 bytes are no length of a header: what it is, where its start tells.
 * @param error what is wrong with it as a safetensors file; returned as it is when the start tells nothing
 * @returns WeightsFormatError with what the file is in the hint; NetworkError `NET_LFS_POINTER`, `NET_NOT_WEIGHTS`
 */
export function explainStart(error: WeightsFormatError, prefix: Uint8Array, more: Uint8Array): DepthwiseError {
  const text = String.fromCharCode(...prefix, ...more);
  const source = error.source ?? '';
  if (LFS_POINTER.test(text)) {
    return new NetworkError('NET_LFS_POINTER', `${source}: this is a Git LFS pointer, not the file it points to.`, {
      hint: 'Run "git lfs pull", or download the file itself.',
      source,
      actual: text.slice(0, 200),
      cause: error,
    });
  }
  const kind = PAGE.test(text) ? 'text/html' : JSON_TEXT.test(text) ? 'application/json' : undefined;
  if (kind !== undefined) {
    return new NetworkError(
      'NET_NOT_WEIGHTS',
      `${source}: received ${kind}, not weights. The address may be wrong, or answer with a page for every path.`,
      {
        source,
        expected: 'safetensors',
        actual: kind,
        cause: error,
      },
    );
  }
  const container = CONTAINERS.find(([start]) => start.test(text))?.[1];
  if (container === undefined) return error;
  return new WeightsFormatError(error.code, error.message, {
    hint: container,
    source,
    limit: error.limit ?? 'maxHeaderBytes',
    expected: error.expected,
    actual: error.actual,
    cause: error,
  });
}
