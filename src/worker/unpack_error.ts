import {
  CacheError,
  DepthFileError,
  DepthwiseError,
  DeviceLostError,
  DisposedError,
  GpuUnavailableError,
  ImageError,
  IntegrityError,
  InternalError,
  LicenseError,
  LimitError,
  ModelMismatchError,
  NetworkError,
  OutOfMemoryError,
  ShaderError,
  TimeoutError,
  UsageError,
  WeightsFormatError,
} from '../errors.js';
import type { PackedError } from './messages.js';

/** One by one: taken as a whole, the module would be kept whole in the core. */
const CLASSES: readonly (typeof DepthwiseError)[] = [
  CacheError,
  DepthFileError,
  DeviceLostError,
  DisposedError,
  GpuUnavailableError,
  ImageError,
  IntegrityError,
  InternalError,
  LicenseError,
  LimitError,
  ModelMismatchError,
  NetworkError,
  OutOfMemoryError,
  ShaderError,
  TimeoutError,
  UsageError,
  WeightsFormatError,
];

/** The error that `packError` was given, made anew: an instance of the page's class of that name. */
export function unpackError(packed: unknown): unknown {
  if (typeof packed !== 'object' || packed === null || !('depthwise' in packed)) return packed;
  const { depthwise, message, code, details } = packed as PackedError;
  const cause = unpackError(details.cause);
  for (const Class of CLASSES) {
    const error = new Class(code, message, { ...details, cause });
    if (error.name === depthwise) return error;
  }
  return new DepthwiseError(code, message, { ...details, cause });
}
