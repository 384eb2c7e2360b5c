import type { Gpu } from '../../src/gpu/gpu.js';
import { gateOf, type KernelCase, type KernelSpec, type Tensor } from '../../src/kernels/spec.js';
import type { TensorType } from '../../src/tensor.js';
import { worstError, type Actual, type WorstError } from '../../truth/compare.js';
import { attrsOf, makeInputs, storedOf } from '../../truth/inputs.js';
import { OpRun } from '../../truth/op_run.js';
import { redispatching } from '../../truth/redispatching.js';

/** Types of the outputs of a case. */
export function outputTypes(
  spec: KernelSpec,
  inputs: Record<string, Tensor>,
  attrs: unknown,
): Record<string, TensorType> {
  return spec.op.infer(Object.fromEntries(Object.entries(inputs).map(([n, t]) => [n, t.type])), attrs) as Record<
    string,
    TensorType
  >;
}

/** The dispatch shape of one kernel, given its own. */
export type Dispatch = (x: number, y: number) => readonly [number, number];

/** Runs one case on the GPU, output poisoned with NaN first, and returns the raw outputs by name. */
export async function runCase(
  gpu: Gpu,
  spec: KernelSpec,
  inputs: Record<string, Tensor>,
  attrs: unknown,
  kernel: string,
  dispatch?: Dispatch,
): Promise<Record<string, Actual>> {
  const stored = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, storedOf(tensor)]));
  const run = await OpRun.compile(gpu, spec.op, stored, attrs, kernel, spec.texelFormat?.(attrs));
  try {
    return await run.results(
      dispatch &&
        ((encoder) =>
          redispatching({
            open: (descriptor) => encoder.beginComputePass(descriptor),
            dispatch: (pass, x, y) => pass.dispatchWorkgroups(...dispatch(x, y)),
          })),
    );
  } finally {
    run.dispose();
  }
}

/** Runs a case against the reference loops: the worst error, in units of the gate. */
export async function caseError(
  gpu: Gpu,
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  kernel: string,
  half: boolean,
): Promise<WorstError> {
  const inputs = makeInputs(spec, kase, half);
  const attrs = attrsOf(spec, kase, half);
  const actual = await runCase(gpu, spec, inputs, attrs, kernel);
  const expected = spec.reference(inputs, attrs, outputTypes(spec, inputs, attrs));
  return worstError(gateOf(spec, kase, kernel), actual, expected);
}
