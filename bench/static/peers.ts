import type { Gpu } from '../../src/gpu/gpu.js';
import type { Recording } from '../peers/record.js';
import type { RecordedDispatch } from '../peers/recorder.js';
import { faultOf } from './applications.js';
import type { Chip } from './chips.js';
import { peakFlops } from './cost_model.js';
import type { StaticDocument, StaticRow } from './document.js';
import { judge } from './judge.js';
import { markLoops } from './loops.js';
import type { Compiled } from './null_device.js';
import type { StaticHost } from './options.js';
import { productsOf } from './peer_operations.js';
import { countTurns, type Trips } from './trips.js';

/** Rows of peers' kernels, and what of them could not be judged. */
export interface PeerPart {
  readonly rows: readonly StaticRow[];
  readonly skipped: StaticDocument['skipped'];
}

/** Compiles and judges what peers dispatch for some operations as ours is. */
export async function judgePeers(recordings: readonly Recording[], chip: Chip, host: StaticHost): Promise<PeerPart> {
  const rows: StaticRow[] = [];
  const skipped: StaticDocument['skipped'][number][] = [];
  const dispatches = recordings.flatMap((recording) => recording.dispatches.map((one) => ({ recording, one })));
  const texts = dispatches.map(({ one }) => textOf(one));
  const { results } = await host.compile(chip.name, [...texts, ...texts.map(markLoops)]);
  const unchecked = await host.compile(chip.name, texts, { checked: false });
  for (const [i, { recording, one }] of dispatches.entries()) {
    const { peer, version, operation } = recording;
    const made = [results[i], results[texts.length + i], unchecked.results[i]];
    const fault = made.map(faultOf).find((words) => words !== undefined);
    if (fault) {
      skipped.push({ id: `${chip.name} ${peer} ${operation.shape}`, reason: fault });
      continue;
    }
    const [plain, marked, bare] = made as [Compiled, Compiled, Compiled];
    const workgroups = one.workgroups.reduce((n, d) => n * d, 1);
    const trips = await turnsOfPeer(host.gpu, texts[i] as string, one);
    const { issued, ...figures } = judge({ plain, marked, unchecked: bare }, trips, { workgroups }, chip);
    const products = productsOf(operation);
    rows.push({
      chip: chip.name,
      model: operation.model,
      peer: `${peer} ${version}`,
      kernel: `${operation.op}/${recording.dispatches.indexOf(one) + 1} of ${recording.dispatches.length}`,
      shape: operation.shape,
      chosen: false,
      precision: 'f32',
      nodes: 1,
      workgroups,
      ...figures,
      // Of what it does of the operation: most dispatches of several do a part.
      shareOfPeak: (2 * Math.min(issued, products)) / (figures.predictedMs / 1e3) / peakFlops(chip),
      useful: issued > 0 ? products / issued : 0,
    });
  }
  return { rows, skipped };
}

/** The text with `main` for its entry point, as ours is. */
export function textOf({ code, entryPoint }: RecordedDispatch): string {
  if (entryPoint === 'main') return code;
  return code.replace(/\bmain\b/g, 'called_main').replace(new RegExp(`\\b${entryPoint}\\b`, 'g'), 'main');
}

/** Turns of the loops of a peer, by what its uniforms held. */
export function turnsOfPeer(gpu: Gpu, code: string, { workgroups: grid, bindings }: RecordedDispatch): Promise<Trips> {
  const middle = Math.floor((grid[0] * grid[1]) / 2);
  return countTurns(gpu, { code, grid, middle }, (index) => {
    const { size, uniform } = bindings.find(({ binding }) => binding === index) ?? { size: 16 };
    return uniform ? Uint8Array.from(uniform) : size;
  });
}
