/// <reference types="vite/types/importMeta.d.ts" />
import { version } from '../package.json';
import { Gpu } from '../src/gpu/gpu.js';
import { parseDocument, type BenchDocument } from './document.js';
import { modelFiles } from './model_files.js';
import { reportElements } from './report.js';
import { runBench, type BenchHost, type BenchOptions, type Section } from './run_bench.js';

declare const BENCH_COMMIT: string;

const SECTIONS: readonly Section[] = ['ceilings', 'kernels', 'models'];
const QUICK_SAMPLES = 5;
const recordings = import.meta.glob<string>('../test/fixtures/models/*.{json,safetensors}', {
  query: '?url',
  import: 'default',
});

const form = byId<HTMLFormElement>('options');
const [run, stop, save] = [
  byId<HTMLButtonElement>('run'),
  byId<HTMLButtonElement>('stop'),
  byId<HTMLButtonElement>('save'),
];
const [status, log, report] = [byId('status'), byId('log'), byId('report')];

let shown: BenchDocument | undefined;
let before: BenchDocument | undefined;
let running: AbortController | undefined;

const host: BenchHost = {
  requestGpu: () => Gpu.request(),
  files: modelFiles(async (name) => {
    const address = await recordings[`../test/fixtures/models/${name}`]?.();
    if (address === undefined) throw new Error(`There is no recording ${name}.`);
    return new Uint8Array(await (await fetch(address)).arrayBuffer());
  }),
  surroundings: { runtime: navigator.userAgent, os: navigator.platform, versions: {} },
  tool: { version, commit: BENCH_COMMIT },
  print: (line) => {
    log.hidden = false;
    log.textContent += `${line}\n`;
    log.scrollTop = log.scrollHeight;
  },
};

function optionsOf(data: FormData): BenchOptions {
  const quick = data.has('quick');
  const filter = String(data.get('filter') ?? '').trim();
  return {
    sections: SECTIONS.filter((name) => data.has(name)),
    quick,
    samples: quick ? QUICK_SAMPLES : Number(data.get('samples')),
    rankSoftware: data.has('rank'),
    ...(filter ? { filter: new RegExp(filter, 'i') } : {}),
  };
}

async function start(): Promise<void> {
  running = new AbortController();
  [run.disabled, stop.disabled, log.textContent] = [true, false, ''];
  status.textContent = 'Running; other work on this machine disturbs the times.';
  try {
    show(await runBench(host, { ...optionsOf(new FormData(form)), signal: running.signal }));
    status.textContent = 'Done.';
  } catch (error) {
    status.textContent = running.signal.aborted ? 'Stopped.' : (error as Error).message;
  } finally {
    [run.disabled, stop.disabled] = [false, true];
  }
}

function show(document: BenchDocument): void {
  shown = document;
  save.disabled = false;
  report.replaceChildren(...reportElements(document, before));
}

async function open(input: HTMLInputElement, use: (document: BenchDocument) => void): Promise<void> {
  const [file] = input.files ?? [];
  if (!file) return;
  try {
    use(parseDocument(await file.text()));
    status.textContent = '';
  } catch (error) {
    status.textContent = `${file.name}: ${(error as Error).message}`;
  }
}

function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void start();
});
stop.addEventListener('click', () => running?.abort());
save.addEventListener('click', () => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify(shown)], { type: 'application/json' }));
  link.download = `depthwise-bench-${shown?.date.slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
});
byId<HTMLInputElement>('show').addEventListener(
  'change',
  (event) => void open(event.currentTarget as HTMLInputElement, show),
);
byId<HTMLInputElement>('compare').addEventListener(
  'change',
  (event) =>
    void open(event.currentTarget as HTMLInputElement, (document) => {
      before = document;
      if (shown) show(shown);
    }),
);
