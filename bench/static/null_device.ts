import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Gpu, type DeviceFacts } from '../../src/gpu/gpu.js';
import { missingForNullDevice, radvDriver } from '../../tools/setup/null_device.mjs';
import { INTEL_CHIPS } from './chips.js';
import { intelDriver } from './intel_driver.js';

const LAYER = 'VK_LAYER_DEPTHWISE_nullexec';
/** Warnings are errors of the layer's, but for what all Vulkan code does: parameters and fields left alone. */
const FLAGS = [
  '-O1',
  '-shared',
  '-fPIC',
  '-Wall',
  '-Wextra',
  '-Wno-unused-parameter',
  '-Wno-missing-field-initializers',
];

/** What a compiler says of a text. */
export interface Compiled {
  /** Invocations of a subgroup, and how many the application asked for. */
  readonly subgroup: number;
  readonly required: number;
  /** By the driver's names: of RADV `VGPRs`, `Spilled VGPRs`, `LDS size`, …, of ANV `Spill Count`, `Cycle Count`, … */
  readonly statistics: Readonly<Record<string, number>>;
  readonly assembly: string;
}

/** @throws Error naming a statistic that the driver does not give */
export function statistic(found: Compiled['statistics'], name: string): number {
  const value = found[name];
  if (value === undefined) throw new Error(`The driver gives no statistic "${name}".`);
  return value;
}

/** A chip without hardware, and what its compiler made of some texts, in their order. */
export interface NullRun {
  /** Driver and version, as it says them. */
  readonly driver: string;
  readonly facts: DeviceFacts;
  readonly features: readonly string[];
  readonly results: readonly (Compiled | { readonly error: string })[];
}

/** Why no chip can be compiled for here, in words; undefined where one can. */
export function nullDeviceFault(): string | undefined {
  if (process.platform !== 'linux') return 'RADV is a driver for Linux.';
  const missing = missingForNullDevice();
  return missing.length === 0 ? undefined : `These packages are missing: ${missing.join(', ')}.`;
}

/** Builds the layer where it is missing or older than its source. `root` is the checkout. @returns its folder */
function buildLayer(root: string): string {
  const folder = join(root, 'bench/dist/static');
  const [source, library] = [join(root, 'bench/static/nullexec.c'), join(folder, 'libnullexec.so')];
  if (existsSync(library) && statSync(library).mtimeMs > statSync(source).mtimeMs) return folder;
  mkdirSync(folder, { recursive: true });
  execFileSync('gcc', [...FLAGS, '-Werror', '-o', library, source], { stdio: 'pipe' });
  copyFileSync(join(root, 'bench/static/nullexec.json'), join(folder, 'nullexec.json'));
  return folder;
}

/**
 * Compiles WGSL texts for a chip, by the name that RADV or Intel's shim has for it, in a process of its own. Without
 * `checked` Tint clamps no index.
 */
export async function compileForChip(
  root: string,
  chip: string,
  texts: readonly string[],
  { checked = true }: { readonly checked?: boolean } = {},
): Promise<NullRun> {
  const layer = buildLayer(root);
  const folder = mkdtempSync(join(tmpdir(), 'depthwise-static-'));
  const [input, output, records] = ['texts.json', 'results.json', 'records'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  try {
    writeFileSync(input, JSON.stringify(texts));
    writeFileSync(records, '');
    await promisify(execFile)(
      process.execPath,
      [join(root, 'bench/static/worker.mjs'), input, output, records, ...(checked ? [] : ['unchecked'])],
      {
        cwd: root,
        env: {
          ...process.env,
          ...driverEnvironment(chip),
          VK_LAYER_PATH: layer,
          VK_INSTANCE_LAYERS: LAYER,
          NULLEXEC_OUT: records,
        },
      },
    );
    const { adapter, results } = JSON.parse(readFileSync(output, 'utf8')) as Output;
    return { driver: adapter.adapterInfo.description, facts: factsOf(adapter), features: adapter.features, results };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What makes Vulkan's loader find the driver, and the driver a chip that is not there. */
function driverEnvironment(chip: string): NodeJS.ProcessEnv {
  if (!INTEL_CHIPS.some(({ name }) => name === chip))
    return { RADV_FORCE_FAMILY: chip, VK_ICD_FILENAMES: radvDriver() };
  const { shim, driver } = intelDriver();
  return { LD_PRELOAD: shim, INTEL_STUB_GPU_PLATFORM: chip, VK_ICD_FILENAMES: driver };
}

/** What worker.mjs writes. */
interface Output {
  readonly adapter: {
    readonly adapterInfo: GPUAdapterInfo;
    readonly features: readonly string[];
    readonly limits: GPUSupportedLimits;
  };
  readonly results: NullRun['results'];
}

/** What the engine would read of the device, by the engine's own reading. */
function factsOf({ adapterInfo, features, limits }: Output['adapter']): DeviceFacts {
  const lost = new Promise<never>(() => undefined);
  return Gpu.adopt({ adapterInfo, features: new Set(features), limits, lost } as unknown as GPUDevice).facts;
}
