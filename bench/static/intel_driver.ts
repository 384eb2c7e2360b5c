import { existsSync } from 'node:fs';
import { anvDriver } from '../../tools/setup/null_device.mjs';

/** The environment variables that name the two files. */
const SHIM = 'DEPTHWISE_INTEL_SHIM';
const DRIVER = 'DEPTHWISE_INTEL_ICD';

/** Files that Intel's compiler is reached by. */
export interface IntelDriver {
  /** Mesa's `libintel_noop_drm_shim.so`: answers for the kernel and a GPU. */
  readonly shim: string;
  /** How ANV is loaded: `intel_icd.json`. */
  readonly driver: string;
}

/** Why kernels cannot be compiled for Intel's GPUs here, in words; undefined where they can. */
export function intelFault(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { [SHIM]: shim, [DRIVER]: driver = anvDriver() } = env;
  if (!shim)
    return `${SHIM} does not name Mesa's libintel_noop_drm_shim.so; docs/performance.md tells how to build it.`;
  if (!existsSync(shim)) return `${SHIM} names ${shim}, which is not there.`;
  if (!driver) return `ANV, Intel's driver, is missing: install mesa-vulkan-drivers, or name its file in ${DRIVER}.`;
  return existsSync(driver) ? undefined : `${DRIVER} names ${driver}, which is not there.`;
}

/** @throws Error saying what is missing */
export function intelDriver(env: NodeJS.ProcessEnv = process.env): IntelDriver {
  const fault = intelFault(env);
  if (fault) throw new Error(fault);
  return { shim: env[SHIM] as string, driver: env[DRIVER] ?? (anvDriver() as string) };
}
