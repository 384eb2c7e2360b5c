import { parseArgs } from 'node:util';
import { UsageError } from '../src/errors.js';
import type { BenchOptions, Section } from './run_bench.js';

/** A command line of the bench. */
export interface BenchArguments extends Pick<
  BenchOptions,
  'sections' | 'filter' | 'samples' | 'quick' | 'maxGflop' | 'rankSoftware' | 'cold'
> {
  readonly help: boolean;
  /** Check every kernel and the small models instead of timing anything. */
  readonly check: boolean;
  readonly json?: string;
  readonly svg?: string;
  readonly compare?: string;
  /** Document to show instead of running anything. */
  readonly show?: string;
  readonly shader?: string;
  readonly kernel?: string;
  readonly adapter?: string;
  /** Products on matrix units beside the others, where the device has them. */
  readonly matrix: boolean;
}

const SECTIONS: readonly Section[] = ['ceilings', 'kernels', 'models'];
const LEAST_SAMPLES = 20;
const QUICK_SAMPLES = 5;

export const HELP = `Times every kernel and model of Depthwise on this machine's GPU.

  npm run bench -- [options]

  --only ceilings,kernels,models   sections to run (all)
  --filter REGEXP                  cases by name: op/kernel dtype case, or model size dtype
  --samples N                      samples of each time (${LEAST_SAMPLES})
  --quick                          smallest case of each op, ${QUICK_SAMPLES} samples, no models: does it all work?
  --cold                           kernels take turns on copies of their buffers, so that caches do not help
  --check                          time nothing: hold every kernel, and the small models, to the truth
  --max-gflop N                    leave larger cases out (none; on a CPU 4 for kernels, 25 for models, 0.3 quick)
  --rank-software                  rank kernels although the adapter is a CPU
  --adapter NAME                   part of the name of the adapter to use
  --matrix                         products only, on subgroup matrices too: a draft for GPUs with them
  --shader FILE.wgsl --kernel OP/KERNEL   bench an edited shader beside the shipped one
  --json FILE                      write the run's document
  --svg FILE                       write the roofline picture
  --compare OLD.json               say what moved since an earlier run
  --show FILE.json                 show an earlier run instead of making one; goes with --svg and --compare
`;

/** Reads a command line. @throws UsageError `OPTION_*` */
export function parseBenchArguments(argv: readonly string[]): BenchArguments {
  const { values } = parse(argv);
  const { only, filter, samples, quick = false, shader, kernel, ...rest } = values;
  const sections =
    only === undefined ? (quick || shader ? SECTIONS.slice(0, 2) : SECTIONS) : only.split(',').map(section);
  if ((shader === undefined) !== (kernel === undefined))
    throw new UsageError('OPTION_CONFLICT', '--shader and --kernel go together.');
  if (rest.matrix && shader !== undefined)
    throw new UsageError('OPTION_CONFLICT', '--matrix and --shader each choose the kernels.');
  const maxGflop = rest['max-gflop'];
  return {
    sections,
    quick,
    help: rest.help ?? false,
    check: rest.check ?? false,
    cold: rest.cold ?? false,
    matrix: rest.matrix ?? false,
    rankSoftware: rest['rank-software'] ?? false,
    samples: samples === undefined ? (quick ? QUICK_SAMPLES : LEAST_SAMPLES) : positive('samples', samples),
    ...(filter === undefined ? {} : { filter: pattern(filter) }),
    ...(maxGflop === undefined ? {} : { maxGflop: positive('max-gflop', maxGflop) }),
    ...(shader === undefined ? {} : { shader }),
    ...(kernel === undefined ? {} : { kernel }),
    ...given({ json: rest.json, svg: rest.svg, compare: rest.compare, show: rest.show, adapter: rest.adapter }),
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { ...flag, short: 'h' },
        only: text,
        filter: text,
        samples: text,
        quick: flag,
        cold: flag,
        check: flag,
        matrix: flag,
        'max-gflop': text,
        'rank-software': flag,
        adapter: text,
        shader: text,
        kernel: text,
        json: text,
        svg: text,
        compare: text,
        show: text,
      },
    });
  } catch (cause) {
    throw new UsageError('OPTION_UNKNOWN', (cause as Error).message, { cause });
  }
}

function given<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}

function section(name: string): Section {
  const known = SECTIONS.find((one) => one === name);
  if (!known)
    throw new UsageError('OPTION_VALUE', `--only has no section "${name}".`, {
      actual: name,
      expected: SECTIONS,
      hint: `Sections: ${SECTIONS.join(', ')}.`,
    });
  return known;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new UsageError('OPTION_VALUE', `--${name} is "${text}"; expected a number above 0.`, { actual: text });
  return name === 'samples' ? Math.ceil(value) : value;
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (cause) {
    throw new UsageError('OPTION_VALUE', `--filter is no regular expression: ${(cause as Error).message}.`, {
      actual: text,
      cause,
    });
  }
}
