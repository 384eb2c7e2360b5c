/** Milliseconds of work after which other tasks are due: most of what a page has between two frames. */
const LONGEST_WORK = 10;

/** Gives the other tasks of this thread their turn. Timers of a hidden page take a second, messages do not. */
export function otherTasks(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(0);
  });
}

/** What gives other tasks their turn, when it is called, once work has gone on for long without. */
export function pauses(): () => Promise<void> | undefined {
  let since = performance.now();
  return () =>
    performance.now() - since < LONGEST_WORK ? undefined : otherTasks().then(() => void (since = performance.now()));
}
