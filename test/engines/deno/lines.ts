import type { DeviceFacts } from '../../../src/gpu/gpu.js';
import type { StageVerdict } from '../../models/distances.js';

/** What the program in Deno says, one line of JSON each. */
export type Line =
  | {
      readonly of: 'device';
      readonly adapter: string;
      readonly features: readonly string[];
      readonly facts: DeviceFacts;
    }
  /** A case of a spec on one kernel: its error in units of the gate. */
  | {
      readonly of: 'case';
      readonly name: string;
      readonly op: string;
      readonly kernel: string;
      readonly ratio: number;
    }
  /** A model against what was recorded of the published code. */
  | { readonly of: 'model'; readonly name: string; readonly stages: readonly StageVerdict[] }
  /** A case or model that ended in an error. */
  | { readonly of: 'failure'; readonly name: string; readonly message: string };

/** An input of nano and its reference, and where the weights are: what the file that is named to the program holds. */
export interface NanoInput {
  readonly weights: string;
  readonly tensor: readonly number[];
  readonly H: number;
  readonly W: number;
  readonly output: readonly number[];
}
