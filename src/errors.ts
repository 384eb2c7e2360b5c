import type { ErrorCode } from './error_codes.js';

/** What was going on when an error was raised. */
export type Phase = 'load' | 'build' | 'compile' | 'upload' | 'run' | 'read' | 'image' | 'write';

/** The numbers and names behind an error; every field that is known is filled in. */
export interface ErrorDetails {
  /** What the user can do about it. */
  hint?: string;
  /** File name or URL the fault was found in. */
  source?: string;
  /** Name of the tensor at fault, as spelled in the file. */
  tensor?: string;
  /** Name of the WebGPU limit or engine bound that was hit. */
  limit?: string;
  expected?: unknown;
  actual?: unknown;
  phase?: Phase;
  /** True when the same call may succeed later without any change. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * Base of every error Depthwise raises. `code` is stable across versions; `message` is for people.
 * Cancellation is not one of these: it is always a DOMException named `AbortError`.
 */
export class DepthwiseError extends Error {
  /** What is going on when errors of the class are raised, unless they say otherwise. */
  static readonly phase: Phase | undefined = undefined;
  /** Name of the class, also where a build shortens the names of classes. */
  override readonly name: string = 'DepthwiseError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly source: string | undefined;
  readonly tensor: string | undefined;
  readonly limit: string | undefined;
  readonly expected: unknown;
  readonly actual: unknown;
  readonly phase: Phase | undefined;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(
      details.hint ? `${message} ${details.hint}` : message,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.hint = details.hint;
    this.source = details.source;
    this.tensor = details.tensor;
    this.limit = details.limit;
    this.expected = details.expected;
    this.actual = details.actual;
    this.phase = details.phase ?? new.target.phase;
    this.retryable = details.retryable ?? false;
  }
}

/** A weights file that is not a well-formed safetensors file (`ST_*`), or holds unusable values (`WEIGHTS_*`). */
export class WeightsFormatError extends DepthwiseError {
  static override readonly phase = 'load';
  override readonly name = 'WeightsFormatError';
}
/** A well-formed file that is not the model it was loaded as (`MODEL_*`). */
export class ModelMismatchError extends DepthwiseError {
  static override readonly phase = 'load';
  override readonly name = 'ModelMismatchError';
}
/** Bytes that differ from the registry's length or SHA-256 (`INTEGRITY_*`). */
export class IntegrityError extends DepthwiseError {
  static override readonly phase = 'load';
  override readonly name = 'IntegrityError';
}
/** A download that failed or returned something other than weights (`NET_*`). */
export class NetworkError extends DepthwiseError {
  static override readonly phase = 'load';
  override readonly name = 'NetworkError';
}
/** A cache that cannot be read or written (`CACHE_*`). */
export class CacheError extends DepthwiseError {
  static override readonly phase = 'load';
  override readonly name = 'CacheError';
}
/** A picture that cannot be read or used (`IMAGE_*`). */
export class ImageError extends DepthwiseError {
  static override readonly phase = 'image';
  override readonly name = 'ImageError';
}
/**
 * A depth map or tensor file that is not well formed, or a map that cannot be written as one (`NPY_*`, `PFM_*`,
 * `PNG_*`).
 */
export class DepthFileError extends DepthwiseError {
  override readonly name = 'DepthFileError';
}
/** A size over a device limit or an engine bound (`LIMIT_*`). */
export class LimitError extends DepthwiseError {
  override readonly name = 'LimitError';
}
/** No WebGPU, no adapter, or a required feature missing (`GPU_*`). */
export class GpuUnavailableError extends DepthwiseError {
  static override readonly phase = 'load';
  override readonly name = 'GpuUnavailableError';
}
/** The device went away; a later call starts anew (`DEVICE_LOST`). */
export class DeviceLostError extends DepthwiseError {
  override readonly name = 'DeviceLostError';
}
/** The device ran out of memory (`GPU_OOM`). */
export class OutOfMemoryError extends DepthwiseError {
  override readonly name = 'OutOfMemoryError';
}
/** The GPU, its driver or the browser did not answer in time (`TIMEOUT_REQUEST`, `TIMEOUT_COMPILE`, `TIMEOUT_RUN`). */
export class TimeoutError extends DepthwiseError {
  override readonly name = 'TimeoutError';
}
/** A shader that did not compile (`SHADER_*`). */
export class ShaderError extends DepthwiseError {
  override readonly name = 'ShaderError';
}
/** A call on something already disposed (`DISPOSED`). */
export class DisposedError extends DepthwiseError {
  override readonly name = 'DisposedError';
}

/** The error of a call on what has been disposed: "This depth map", "The weights". @internal */
export function disposed(what: string, phase: Phase): DisposedError {
  return new DisposedError('DISPOSED', `${what} has been disposed.`, { phase });
}

/** A licence that was not accepted (`LICENSE_*`). */
export class LicenseError extends DepthwiseError {
  static override readonly phase = 'load';
  override readonly name = 'LicenseError';
}
/** Options or attributes that make no sense together (`OPTION_*`, `SHAPE_*`). */
export class UsageError extends DepthwiseError {
  override readonly name = 'UsageError';
}
/** A fault of Depthwise itself (`INTERNAL_*`). */
export class InternalError extends DepthwiseError {
  override readonly name = 'InternalError';
}

/** Quotes a name taken from a file for a message: escaped, and cut at 200 characters. */
export function quote(name: string): string {
  return escapeControls(JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name));
}

/**
 * Writes characters that steer a terminal or reorder its text as `\uXXXX`: C0 but tab and line feed, C1, line
 * separators and the marks of bidirectional text (Unicode Standard Annex 9).
 */
export function escapeControls(text: string): string {
  return text.replace(
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
