import type { DepthwiseError, ErrorDetails } from '../errors.js';
import type { HostCalls } from './host_calls.js';

/** A call of the page, by its number; answered once. */
export interface Call<Name extends keyof HostCalls = keyof HostCalls> {
  readonly id: number;
  readonly name: Name;
  readonly argument: Parameters<HostCalls[Name]>[0];
}

/** What the page sends: a call, or the number of one that it has given up. */
export type ToWorker = Call | { readonly abort: number };

/** What the worker sends: that it listens, the answer to a call, or what happens while one is under way. */
export type ToPage =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: unknown }
  | { readonly id: number; readonly event: 'progress' | 'warning'; readonly value: unknown };

/** An error of ours as it is sent: cloning keeps the classes of the platform's errors only. */
export interface PackedError {
  /** Name of its class. */
  readonly depthwise: string;
  /** Without the hint, which is among the details. */
  readonly message: string;
  readonly code: DepthwiseError['code'];
  readonly details: ErrorDetails;
}
