import type { Page } from 'puppeteer';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** Microseconds that the processor spent on it: not those in which something else had its turn. */
  readonly tdur?: number;
  readonly dur?: number;
  readonly args: { readonly name?: string; readonly data?: { readonly url?: string } };
}

/** Events of the main thread in which scripts run: promises, calls, and modules as they are fetched. */
const SCRIPTS = /^(?:RunMicrotasks|FunctionCall|v8\.evaluateModule|EvaluateScript|TimerFire|FireAnimationFrame)$/;

/**
 * How long each stretch of a page's scripts kept the main thread's processor busy while something was done, in
 * milliseconds, the longest first. Time of the processor, as that of a clock counts the neighbours of a busy machine.
 */
export async function longestScripts(page: Page, done: () => Promise<void>): Promise<number[]> {
  await page.tracing.start({ categories: ['devtools.timeline', 'v8.execute'] });
  await done();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(await page.tracing.stop())) as {
    traceEvents: TraceEvent[];
  };
  const main = traceEvents
    .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid} ${tid}`);
  const { origin } = new URL(page.url());
  const own = traceEvents.find(({ name, args }) => name === 'CommitLoad' && args.data?.url?.startsWith(origin));
  return traceEvents
    .filter(({ name, ph, pid, tid, ts }) => {
      const here = pid === own?.pid && main.includes(`${pid} ${tid}`) && ts >= own.ts;
      return here && ph === 'X' && SCRIPTS.test(name);
    })
    .map(({ tdur = 0 }) => tdur / 1000)
    .sort((a, b) => b - a);
}
