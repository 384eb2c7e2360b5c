import type { DepthModel } from '../runtime/depth_model.js';
import { NetworkError, quote, UsageError } from '../errors.js';
import { adapterName } from '../gpu/gpu.js';
import { hubHint } from '../models/hub_names.js';
import { findEntry } from '../models/resolve.js';
import { fileSource } from '../node/file_source.js';
import { loadDepthModel } from '../node/load.js';
import type { CheckpointSource } from '../weights/fetch/checkpoint_options.js';
import { displayUrl, resolveSource } from '../weights/fetch/source.js';
import type { ModelArguments } from './arguments.js';
import { adviceOn, defaultModel } from './default_model.js';
import { requireFolder } from './places.js';
import { ProgressBar } from './progress.js';
import { tell, writeLine } from './terminal.js';

/** Where a command says things: results on stdout, all else on stderr. */
export class Session {
  readonly progress = new ProgressBar();
  readonly signal: AbortSignal;
  readonly #quiet: boolean;

  constructor(quiet: boolean, signal: AbortSignal) {
    this.#quiet = quiet;
    this.signal = signal;
  }

  /** A line of the result. */
  print(line: string): void {
    this.progress.clear();
    writeLine(process.stdout, line);
  }

  /** Something worth knowing that --quiet leaves out. */
  note(text: string): void {
    if (this.#quiet) return;
    this.progress.clear();
    tell(text);
  }

  /** Something that went wrong; the work goes on. */
  warn(text: string): void {
    this.progress.clear();
    tell(text);
  }

  showProgress(label: string, done: number, total: number): void {
    if (!this.#quiet) this.progress.update(label, done, total);
  }
}

const DOING = {
  download: 'downloading weights',
  read: 'reading weights',
  compile: 'compiling kernels',
  ready: 'ready',
} as const;

/** A model settled on before it is loaded. */
export interface ChosenModel {
  /** Undefined where the weights are to say which model they are. */
  readonly name: string | undefined;
  /** To be said when it is loaded. */
  readonly advice?: string | undefined;
}

/** The model a command line means. @throws UsageError OPTION_VALUE where `cache` is no folder and cannot be one. */
export async function chooseModel({ model, weights, cache }: ModelArguments): Promise<ChosenModel> {
  if (cache !== undefined) await requireFolder('cache', cache);
  if (model !== undefined && !findEntry(model) && /[:/\\]/.test(model)) {
    const hub = hubHint(model);
    throw new UsageError('MODEL_NAME', `--model takes a name, and ${quote(model)} says where weights are.`, {
      hint: `${hub === undefined ? '' : `${hub} `}Weights are given by --weights.`,
      actual: model,
      phase: 'load',
    });
  }
  // Names of the authors' tools become those that results are called by.
  if (model !== undefined || weights !== undefined) return { name: model && (findEntry(model)?.name ?? model) };
  const entry = await defaultModel(cache);
  return { name: entry.name, advice: adviceOn(entry) };
}

/** Loads a model, showing its weights come in, and says so when it runs on the CPU. */
export async function loadModel(
  args: ModelArguments,
  { name: model, advice }: ChosenModel,
  session: Session,
): Promise<DepthModel> {
  const weights = args.weights === undefined ? undefined : await openWeights(args.weights);
  if (advice !== undefined) session.note(advice);
  try {
    const loaded = await loadDepthModel(model ?? weights!, {
      ...(model === undefined ? {} : { model }),
      ...(weights === undefined ? {} : { weights }),
      ...(args.cache === undefined ? {} : { cache: args.cache }),
      ...(args.adapter === undefined ? {} : { adapter: args.adapter }),
      ...(args.flipAverage === undefined ? {} : { flipAverage: args.flipAverage }),
      ...(args.memoryBudget === undefined ? {} : { memoryBudget: args.memoryBudget }),
      precision: args.precision,
      acceptLicense: args.acceptLicense,
      convention: args.hub ? 'hub' : 'original',
      signal: session.signal,
      onProgress: ({ phase, loaded: done, total }) => session.showProgress(DOING[phase], done, total ?? 0),
      onWarning: ({ message }) => session.warn(message),
    });
    const { adapter } = loaded.info;
    if (adapter.software)
      session.note(`there is no GPU here, so this runs on the CPU, slowly: ${adapterName(adapter)}.`);
    return loaded;
  } catch (error) {
    if (error instanceof NetworkError && weights === undefined && model !== undefined) session.warn(howToFetch(model));
    throw error;
  } finally {
    session.progress.clear();
  }
}

/** `--weights` never names a model: text that is no path by its spelling, and no hub name or URL, is a file here. */
async function openWeights(text: string): Promise<CheckpointSource> {
  return /[\\/]|^(?:hf|data|blob|file):/.test(text) ? text : fileSource(text);
}

/** What to do about weights that cannot be fetched from here. */
function howToFetch(model: string): string {
  const source = findEntry(model)?.weights.source;
  const url = source === undefined ? '' : displayUrl(resolveSource(source).url);
  return (
    `the weights of ${model} are not here yet. Fetch\n\n    ${url}\n\nwhere there is a network, and pass ` +
    `the file: --model ${model} --weights ${url.slice(url.lastIndexOf('/') + 1)}`
  );
}
