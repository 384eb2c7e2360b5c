import { DepthwiseError } from '../errors.js';
import type { PackedError } from './messages.js';

/** An error as it is sent, to be made anew by `unpackError`. */
export function packError(error: unknown): unknown {
  // Errors of WebGPU, which are causes, are no Errors and cannot be cloned.
  if (!(error instanceof Error)) return String((error as { message?: unknown } | null)?.message ?? error);
  if (!(error instanceof DepthwiseError)) return error;
  const { name, code, message, hint, cause, stack: _stack, ...fields } = error;
  const details = { ...fields, hint, cause: cause === undefined ? undefined : packError(cause) };
  const said = hint === undefined ? message : message.slice(0, -hint.length - 1);
  return { depthwise: name, message: said, code, details } satisfies Record<keyof PackedError, unknown>;
}
