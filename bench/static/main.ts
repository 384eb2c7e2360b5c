import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { version } from '../../package.json';
import { DepthwiseError } from '../../src/errors.js';
import type { Recording } from '../peers/record.js';
import { CHIPS, INTEL_CHIPS } from './chips.js';
import { staticHost } from './host.js';
import { NETWORKS } from './networks.js';
import { nullDeviceFault } from './null_device.js';
import type { StaticOptions } from './options.js';
import { predictionOf } from './prediction.js';
import { runStatic } from './run_static.js';
import { staticTable } from './table.js';

/** Set by the build. */
declare const BENCH_COMMIT: string;

const ALL_CHIPS = [...CHIPS, ...INTEL_CHIPS];
const HELP = `What compilers of real GPUs make of the kernels, on a machine without such a GPU. Nothing is timed.

  npm run bench:static -- [options]

  --model NAME[,NAME]    networks (all): ${NETWORKS.map(({ model }) => model).join(', ')}
  --chip NAME[,NAME]     chips (all): ${ALL_CHIPS.map(({ name, title }) => `${name}, ${title}`).join('; ')}
  --precision f32,f16    storage (both)
  --chosen               only kernels that the rule picks, without their contenders
  --peers FILE           kernels of other libraries beside ours, as npm run bench:peers -- --record FILE wrote them
  --json FILE            write the document
  --prediction FILE      write what each model takes, to hold later runs to: bench/static/prediction.json

Intel's chips are left out, which is said, but where DEPTHWISE_INTEL_SHIM names Mesa's libintel_noop_drm_shim.so, and
DEPTHWISE_INTEL_ICD the intel_icd.json of ANV, if it is none of the system's. docs/performance.md tells how to build it.
`;
/** Exit codes besides 0: it cannot be done here, and the command line makes no sense. */
const FAILED = 1;
const MISUSED = 2;

/** Runs one command line and returns its exit code. `root` is the folder of the checkout. */
export async function main(argv: readonly string[], root: string): Promise<number> {
  try {
    const { json, prediction, help, ...options } = argumentsOf(argv);
    if (help) {
      process.stdout.write(HELP);
      return 0;
    }
    const missing = nullDeviceFault();
    if (missing) {
      process.stderr.write(`bench:static: nothing can be compiled here. ${missing}\n`);
      return FAILED;
    }
    const document = await runStatic(options, await staticHost(root, { version, commit: BENCH_COMMIT }));
    if (json) writeFileSync(json, `${JSON.stringify(document)}\n`);
    if (prediction) writeFileSync(prediction, `${JSON.stringify(predictionOf(document), null, 2)}\n`);
    process.stdout.write(`${staticTable(document)}\n`);
    return document.rows.length > 0 ? 0 : FAILED;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DepthwiseError) {
      process.stderr.write(`bench:static: ${error.message}\n`);
      return MISUSED;
    }
    throw error;
  }
}

/** Files to write, and whether to say what the options are. */
interface Outputs {
  readonly json: string | undefined;
  readonly prediction: string | undefined;
  readonly help: boolean;
}

function argumentsOf(argv: readonly string[]): StaticOptions & Outputs {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      model: text,
      chip: text,
      precision: text,
      peers: text,
      json: text,
      prediction: text,
      chosen: flag,
      help: { ...flag, short: 'h' },
    },
  });
  const chips = named(ALL_CHIPS, ({ name }) => name, values.chip, 'chip');
  return {
    networks: named(NETWORKS, ({ model }) => model, values.model, 'model'),
    chips: CHIPS.filter((chip) => chips.includes(chip)),
    intel: INTEL_CHIPS.filter((chip) => chips.includes(chip)),
    precisions: named(['f32', 'f16'] as const, (name) => name, values.precision, 'precision'),
    contenders: !values.chosen,
    peers: values.peers === undefined ? [] : recordingsIn(values.peers),
    json: values.json,
    prediction: values.prediction,
    help: values.help,
  };
}

function recordingsIn(file: string): Recording[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Recording[];
  } catch (cause) {
    throw new TypeError(`--peers cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
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
