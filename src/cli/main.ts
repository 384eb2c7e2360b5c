#!/usr/bin/env node
import { createRequire } from 'node:module';
import { DepthwiseError, UsageError } from '../errors.js';
import { parseArguments, type Command } from './arguments.js';
import { convertFile } from './convert.js';
import { estimatePictures } from './estimate.js';
import { evaluateModel } from './evaluate.js';
import { gpuReport, reportText } from './info.js';
import { keptText } from './kept.js';
import { modelsText } from './models.js';
import { helpText } from './options.js';
import { watchOutput } from './output_streams.js';
import { Session } from './session.js';
import { compareModels } from './suite/compare.js';
import { runSuite } from './suite/run_suite.js';
import { shownArguments } from '../node/disk_names.js';
import { easeGpuPolling } from '../node/ease_polling.js';
import { runTensor } from './tensor.js';
import { tell } from './terminal.js';

/**
 * Exit codes besides 0: something failed, the command line makes no sense, interrupted (128 + SIGINT), told to end
 * (128 + SIGTERM).
 */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;
const TERMINATED = 143;

/** Runs one command line and returns its exit code. Once `signal` is aborted, errors are no news. */
async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    const command = parseArguments(argv);
    return await run(command, new Session('quiet' in command && command.quiet, signal));
  } catch (error) {
    if (signal.aborted) return FAILED;
    if (!(error instanceof DepthwiseError)) {
      // What the operating system says no to; anything else is a fault of ours, and keeps its stack.
      const { syscall, code, message } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      tell(`${message} [${code ?? syscall}]`);
      return FAILED;
    }
    tell(`${error.message} [${error.code}]`);
    // The library counts a weights file that is not there as misuse of its call; a command line that names one makes
    // sense.
    return error instanceof UsageError && error.code !== 'SOURCE_FILE' ? MISUSED : FAILED;
  }
}

async function run(command: Command, session: Session): Promise<number> {
  switch (command.command) {
    case 'help':
      return done(session, helpText().trimEnd());
    case 'version':
      return done(session, packageVersion());
    case 'models':
      return done(session, modelsText(command.json));
    case 'cache':
      return done(session, await keptText(command));
    case 'info': {
      const report = await gpuReport(command.adapter);
      return done(session, command.json ? JSON.stringify(report, null, 2) : reportText(report));
    }
    case 'estimate':
      return estimatePictures(command, session);
    case 'evaluate':
      return evaluateModel(command, session);
    case 'suite':
      return runSuite(command, session);
    case 'compare':
      return compareModels(command, session);
    case 'convert':
      return convertFile(command, session);
    case 'tensor':
      return runTensor(command, session);
  }
}

/** From package.json, which lies two folders up from this file and from the built one alike. */
function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return version;
}

function done(session: Session, text: string): number {
  session.print(text);
  return 0;
}

const interrupt = new AbortController();
let endedBy: number | undefined;
/** Stops the work; the first reason decides the exit code, also one that shows after the work was done. */
function end(code: number): void {
  process.exitCode = endedBy ??= code;
  interrupt.abort();
}
process.once('SIGINT', () => end(INTERRUPTED));
process.once('SIGTERM', () => end(TERMINATED));
watchOutput(end);
easeGpuPolling();
const code = await main(shownArguments(process.argv.slice(2)), interrupt.signal);
process.exitCode = endedBy ?? code;
