import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { DepthwiseError, UsageError } from '../src/errors.js';
import type { KernelSpec } from '../src/kernels/spec.js';
import { easeGpuPolling } from '../src/node/ease_polling.js';
import { specs } from '../truth/specs.js';
import { HELP, parseBenchArguments, type BenchArguments } from './arguments.js';
import { comparison } from './compare.js';
import { parseDocument, type BenchDocument } from './document.js';
import { matrixEdge, withMatrixKernels, type MatrixConfig } from './matrix.js';
import { nodeHost, type NodeHost } from './node_host.js';
import { rooflineSvg } from './roofline.js';
import { runBench } from './run_bench.js';
import { selfCheck } from './self_check.js';
import { tableText } from './table.js';
import { alignedText } from './table_text.js';
import { withEditedShader } from './edited_shader.js';

/** Exit codes besides 0: a kernel is wrong or the run failed, and the command line makes no sense. */
const FAILED = 1;
const MISUSED = 2;

/** Runs one command line of the bench and returns its exit code. `root` is the folder of the checkout. */
export async function main(argv: readonly string[], root: string): Promise<number> {
  easeGpuPolling();
  try {
    const options = parseBenchArguments(argv);
    if (options.help) {
      process.stdout.write(HELP);
      return 0;
    }
    if (options.check) return await check(options, root);
    const document =
      options.show === undefined ? await runHere(options, root) : parseDocument(readFileSync(options.show, 'utf8'));
    if (options.json) writeFileSync(options.json, `${JSON.stringify(document)}\n`);
    if (options.svg) writeFileSync(options.svg, rooflineSvg(document));
    process.stdout.write(`\n${tableText(document)}\n`);
    if (options.compare)
      process.stdout.write(`\n${compareText(parseDocument(readFileSync(options.compare, 'utf8')), document)}\n`);
    const wrong = [...document.results, ...document.models].filter(({ ok }) => !ok);
    for (const { id } of wrong) process.stderr.write(`bench: ${id} is wrong\n`);
    return wrong.length > 0 ? FAILED : 0;
  } catch (error) {
    if (!(error instanceof DepthwiseError)) throw error;
    process.stderr.write(`bench: ${error.message} [${error.code}]\n`);
    return error instanceof UsageError ? MISUSED : FAILED;
  }
}

async function check({ filter, adapter, matrix }: BenchArguments, root: string): Promise<number> {
  const host = await nodeHost(root, { adapter, matrix }, (line) => void process.stdout.write(`${line}\n`));
  const found = await selfCheck(host, { ...(filter && { filter }), ...(matrix && { specs: await matrixSpecs(host) }) });
  const wrong = found.filter(({ ok }) => !ok);
  process.stdout.write(`\n${found.length - wrong.length} of ${found.length} checks right\n`);
  for (const { id, says } of wrong) process.stderr.write(`bench: ${id} is wrong: ${says}\n`);
  return wrong.length > 0 || found.length === 0 ? FAILED : 0;
}

async function runHere(
  { shader, kernel, adapter, matrix, ...options }: BenchArguments,
  root: string,
): Promise<BenchDocument> {
  const host = await nodeHost(root, { adapter, matrix }, (line) => process.stderr.write(`${line}\n`));
  if (matrix) return runBench(host, { ...options, specs: await matrixSpecs(host) });
  if (shader === undefined || kernel === undefined) return runBench(host, options);
  const edited = { name: basename(shader), code: readFileSync(shader, 'utf8'), kernel };
  return runBench(host, { ...options, specs: withEditedShader(specs, edited) });
}

/** The specs with a matrix kernel of the size that the adapter has. */
async function matrixSpecs({ gpu }: NodeHost): Promise<KernelSpec[]> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  return withMatrixKernels(
    specs,
    matrixEdge(
      (adapter?.info as { subgroupMatrixConfigs?: readonly MatrixConfig[] } | undefined)?.subgroupMatrixConfigs,
    ),
  );
}

function compareText(before: BenchDocument, after: BenchDocument): string {
  const { warnings, table } = comparison(before, after);
  return [...warnings, alignedText(table)].join('\n');
}
