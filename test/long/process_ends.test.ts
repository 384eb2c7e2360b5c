import { describe, expect, it } from 'vitest';
import { runScript } from '../e2e/child.js';

/** Seconds that a process may take from its last line to its end. */
const SOON = 5;

/** How long the end of a script took: it says when it is done, and ends by itself. */
async function ends(body: string): Promise<{ seconds: number; said: string }> {
  const ended = await runScript(`${body}\nconsole.log(JSON.stringify(Date.now()));`);
  const now = Date.now();
  expect(ended, ended.stderr).toMatchObject({ code: 0, signal: null });
  const lines = ended.stdout.trim().split('\n');
  return { seconds: (now - Number(lines.at(-1))) / 1000, said: lines.slice(0, -1).join('\n') };
}

const ESTIMATE = `
const model = await loadDepthModel('nano', OPTIONS);
const depth = await model.estimate(picture);
await depth.read();`;

describe('a process', () => {
  it.each([
    ['after the model is disposed of', `${ESTIMATE} model.dispose();`],
    ['after a load that fails', `await loadDepthModel(new Uint8Array(100), OPTIONS).catch(() => undefined);`],
    [
      'after an estimate that is aborted',
      `${ESTIMATE}
const pending = model.estimate(picture, { signal: AbortSignal.timeout(1) }).catch(() => undefined);
await pending;
model.dispose();`,
    ],
    [
      'after a model is disposed of while it runs',
      `${ESTIMATE}
const pending = model.estimate(picture).catch(() => undefined);
model.dispose();
await pending;`,
    ],
    [
      'after a lost device was made up for',
      `${ESTIMATE}
model.device.destroy();
await new Promise((resolve) => setImmediate(resolve));
(await model.estimate(picture)).dispose();
model.dispose();`,
    ],
  ])('%s ends by itself, soon, without a complaint', async (_, body) => {
    const { seconds } = await ends(body);
    expect(seconds).toBeLessThan(SOON);
  });

  it('that is told to end while a model loads, runs or is read ends with the code it is told', async () => {
    for (const work of [
      `void loadDepthModel('nano', OPTIONS); await new Promise((resolve) => setTimeout(resolve, 20));`,
      `${ESTIMATE} void model.estimate(picture);`,
      `${ESTIMATE} void depth.range(); void depth.colors();`,
    ])
      expect(await runScript(`${work}\nprocess.exit(7);`)).toMatchObject({ code: 7, signal: null });
  });
});

describe('a model that nobody refers to', () => {
  const forget = (end: string) => `
globalThis.said = [];
const onWarning = ({ code, message }) => globalThis.said.push([code, message]);
await (async () => {
  const model = await loadDepthModel('nano', { ...OPTIONS, onWarning });
  (await model.estimate(picture)).dispose();
  ${end}
})();
for (let i = 0; i < 10 && globalThis.said.length === 0; i++) await collect();
console.log(JSON.stringify(globalThis.said));`;

  it('and that was not disposed of is a warning, and the process ends all the same', async () => {
    const { said, seconds } = await ends(forget(''));
    expect(JSON.parse(said)).toEqual([['NOT_DISPOSED', expect.stringContaining('nano')]]);
    expect(seconds).toBeLessThan(SOON);
  });

  it('and that was disposed of is none', async () => {
    expect(JSON.parse((await ends(forget('model.dispose();'))).said)).toEqual([]);
  });
});

describe("the instance of Dawn behind a caller's device", () => {
  const use = (hold: string) => `
${hold}
let device = await (await instance.requestAdapter()).requestDevice();
instance = undefined;
await collect();
const model = await loadDepthModel('nano', { ...OPTIONS, device });
for (let i = 0; i < 5; i++) {
  await collect();
  (await model.estimate(picture)).dispose();
}
model.dispose();
device.destroy();
device = undefined;
for (let i = 0; i < 5; i++) await collect();`;

  it('that is kept, as the option says, keeps the process sound to its end', async () => {
    const { seconds } = await ends(use('let instance = (globalThis.gpu = create([]));'));
    expect(seconds).toBeLessThan(SOON);
  });

  it('that is not kept crashes the process, as the option says', async () => {
    const ended = await runScript(`${use('let instance = create([]);')}\nconsole.log('went well');`);
    expect([ended.code, ended.signal], ended.stdout).not.toEqual([0, null]);
  });

  it('of our own is held: models come and go, and garbage is collected between', async () => {
    const { seconds } = await ends(`
for (let i = 0; i < 4; i++) {
  const model = await loadDepthModel('nano', OPTIONS);
  await collect();
  (await model.estimate(picture)).dispose();
  model.dispose();
  for (let turn = 0; turn < 3; turn++) await collect();
}`);
    expect(seconds).toBeLessThan(SOON);
  });
});
