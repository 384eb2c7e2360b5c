import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../../package.json';
import { Gpu } from '../../src/gpu/gpu.js';
import { DepthwiseError } from '../../src/errors.js';
import { modelFiles } from '../model_files.js';
import { CHIPS } from './chips.js';
import { NETWORKS } from './networks.js';
import { compileForChip, nullDeviceFault } from './null_device.js';
import { runStatic, type StaticOptions } from './run_static.js';
import { staticTable } from './table.js';

/** Set by the build. */
declare const BENCH_COMMIT: string;

const HELP = `What compilers of real GPUs make of the kernels, on a machine without such a GPU. Nothing is timed.

  npm run bench:static -- [options]

  --model NAME[,NAME]    networks (all): ${NETWORKS.map(({ model }) => model).join(', ')}
  --chip NAME[,NAME]     chips (all): ${CHIPS.map(({ name, title }) => `${name}, ${title}`).join('; ')}
  --precision f32,f16    storage (both)
  --chosen               only kernels that the rule picks, without their contenders
  --json FILE            write the document
`;
/** Exit codes besides 0: it cannot be done here, and the command line makes no sense. */
const FAILED = 1;
const MISUSED = 2;

/** Runs one command line and returns its exit code. `root` is the folder of the checkout. */
export async function main(argv: readonly string[], root: string): Promise<number> {
  try {
    const { json, help, ...options } = argumentsOf(argv);
    if (help) {
      process.stdout.write(HELP);
      return 0;
    }
    const missing = nullDeviceFault();
    if (missing) {
      process.stderr.write(`bench:static: nothing can be compiled here. ${missing}\n`);
      return FAILED;
    }
    const document = await runStatic(options, await hostOf(root));
    if (json) writeFileSync(json, `${JSON.stringify(document)}\n`);
    process.stdout.write(`${staticTable(document)}\n`);
    return 0;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DepthwiseError) {
      process.stderr.write(`bench:static: ${error.message}\n`);
      return MISUSED;
    }
    throw error;
  }
}

function argumentsOf(argv: readonly string[]): StaticOptions & { json?: string | undefined; help: boolean } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: { model: text, chip: text, precision: text, json: text, chosen: flag, help: { ...flag, short: 'h' } },
  });
  return {
    networks: named(NETWORKS, ({ model }) => model, values.model, 'model'),
    chips: named(CHIPS, ({ name }) => name, values.chip, 'chip'),
    precisions: named(['f32', 'f16'] as const, (name) => name, values.precision, 'precision'),
    contenders: !values.chosen,
    json: values.json,
    help: values.help,
  };
}

/** Those of a list that are named, or all. */
function named<T>(all: readonly T[], nameOf: (one: T) => string, names: string | undefined, option: string): T[] {
  if (names === undefined) return [...all];
  return names.split(',').map((name) => {
    const found = all.find((one) => nameOf(one) === name);
    if (found === undefined)
      throw new TypeError(`--${option} has no "${name}". There are: ${all.map(nameOf).join(', ')}.`);
    return found;
  });
}

async function hostOf(root: string): Promise<Parameters<typeof runStatic>[1]> {
  const files = modelFiles(async (name) => new Uint8Array(readFileSync(join(root, 'test/fixtures/models', name))));
  return {
    gpu: await countingGpu(),
    tool: { version, commit: BENCH_COMMIT },
    tensors: (checkpoint) => files.tensors(checkpoint),
    compile: (chip, texts, how) => compileForChip(root, chip, texts, how),
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}

/** A device with a buffer more than kernels bind. */
async function countingGpu(): Promise<Gpu> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('There is no adapter to count the turns of loops on.');
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: (['shader-f16', 'subgroups'] as const).filter((name) => adapter.features.has(name)),
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    },
  });
  const counting = Gpu.adopt(device);
  counting.instance = gpu;
  return counting;
}
