import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Gpu } from '../../src/gpu/gpu.js';
import { findEntry } from '../../src/models/resolve.js';
import { easeGpuPolling } from '../../src/node/ease_polling.js';
import { numel } from '../../src/tensor.js';
import { random } from '../../truth/random.js';
import { seededInput } from '../../truth/seeded_weights.js';
import { Clock } from '../clock.js';
import { parseDocument, SCHEMA, type BenchDocument, type PeerResult, type Protocol } from '../document.js';
import { environmentOf, headerText } from '../environment.js';
import { benchGpu, nodeHost, nullGpu } from '../node_host.js';
import { peerLine } from '../peer_tables.js';
import type { BenchHost } from '../run_bench.js';
import { tableText } from '../table.js';
import { operationCases, type OperationCase } from './cases.js';
import { compete } from './compete.js';
import { depthwiseNetwork, depthwiseOperation, type Side } from './depthwise_side.js';
import { contests, type Contest } from './contests.js';
import { networkCases, type NetworkCase } from './networks.js';
import { acceptSharedMemory, NATIVE } from './onnxruntime.js';
import { recordPeers } from './record.js';
import { SubmitWatch } from './submit_watch.js';

export const HELP = `Times Depthwise beside other libraries, in one process and on the same adapter.

  npm run bench:peers -- [options]

  --peer REGEXP     peers by name: onnxruntime-web/webgpu, onnxruntime-web, onnxruntime-node, tfjs
  --filter REGEXP   cases by name
  --samples N       samples of each side (20)
  --null            on Dawn's null backend, which records every call and computes nothing: networks only, to see what
                    comes before their submits
  --record FILE     only write the kernels that ONNX Runtime Web and TensorFlow.js dispatch for some operations, on the
                    null backend: bench:static compiles them beside ours (--peers FILE). They are theirs: keep them out
                    of the repository
  --json FILE       write the document; a document that is there already keeps what it holds and gains these results
`;

type Skipped = BenchDocument['skipped'][number];

/** What a run of contests shares. */
interface Arena {
  readonly gpu: Gpu;
  readonly host: BenchHost;
  readonly contests: readonly Contest[];
  readonly protocol: Protocol;
  readonly computed: boolean;
  readonly watch: SubmitWatch;
}

/** Runs one command line and returns its exit code. `root` is the folder of the checkout. */
export async function main(argv: readonly string[], root: string): Promise<number> {
  easeGpuPolling();
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', short: 'h' },
      null: { type: 'boolean' },
      peer: text,
      filter: text,
      samples: text,
      record: text,
      json: text,
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const print = (line: string) => void process.stderr.write(`${line}\n`);
  if (values.record) {
    await recordPeers(join(root, 'bench/peers'), values.record, print);
    return 0;
  }
  const instance = await (values.null ? nullGpu() : benchGpu(undefined));
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: instance, userAgent: 'node' }, configurable: true });
  const gpu = await Gpu.request({ gpu: instance });
  acceptSharedMemory(gpu.device.queue);
  const host = await nodeHost(root, undefined, print);
  const protocol: Protocol = {
    samples: Number(values.samples ?? 20),
    minPassMs: 0,
    quantaPerPass: 0,
    stableWithin: 0.02,
    warmUpBlocks: 2,
    warmUpMs: 10_000,
    order: 'ABBA',
    maxGflop: Number.MAX_VALUE,
    rankSoftware: false,
  };
  const { source, quantumNs } = new Clock(gpu.device);
  const head = {
    schema: SCHEMA as typeof SCHEMA,
    date: new Date().toISOString(),
    tool: host.tool,
    env: environmentOf(gpu, host.surroundings),
    clock: { source, quantumNs },
    protocol,
    peaks: {},
    results: [],
    models: [],
  };
  headerText(head).forEach(print);
  const peers: PeerResult[] = [];
  const skipped: Skipped[] = [];
  const chosen = contests(join(root, 'bench/peers'), instance, host.files).filter(
    ({ peer }) => new RegExp(values.peer ?? '').test(peer) && !(values.null && peer === NATIVE),
  );
  const arena: Arena = {
    gpu,
    host,
    protocol,
    computed: !values.null,
    watch: new SubmitWatch(globalThis),
    contests: chosen,
  };
  for (const kase of [...(values.null ? [] : operationCases), ...networkCases].filter(({ name }) =>
    new RegExp(values.filter ?? '').test(name),
  )) {
    for await (const found of contestsOf(arena, kase)) {
      if ('reason' in found) skipped.push(found);
      else peers.push(found);
      if (values.json)
        writeFileSync(values.json, `${JSON.stringify(merged(values.json, { ...head, peers, skipped }))}\n`);
    }
  }
  process.stdout.write(`\n${tableText({ ...head, peers, skipped })}\n`);
  return skipped.length > 0 ? 1 : 0;
}

/** One case on Depthwise beside every peer that has it. */
async function* contestsOf(arena: Arena, kase: OperationCase | NetworkCase): AsyncGenerator<PeerResult | Skipped> {
  const { gpu, host, contests } = arena;
  if ('checkpoint' in kase && !findEntry(kase.model))
    return yield { id: kase.name, reason: 'Depthwise does not have this network yet.' };
  const input = inputOf(kase);
  const ours = await ('checkpoint' in kase
    ? depthwiseNetwork(gpu, kase, input, host.files)
    : depthwiseOperation(gpu, kase, input));
  await ours.call();
  for (const contest of contests) {
    const id = `${kase.name} beside ${contest.peer}`;
    try {
      const found = await contestOf(arena, { id, kase, ours, input, contest });
      if (!found) continue;
      host.print(peerLine(found));
      yield found;
    } catch (error) {
      host.print(`${id}: ${(error as Error).message}`);
      yield { id, reason: (error as Error).message };
    }
  }
  await ours.dispose();
}

interface Pairing {
  readonly id: string;
  readonly kase: OperationCase | NetworkCase;
  readonly ours: Side;
  readonly input: Float32Array;
  readonly contest: Contest;
}

/** One case on Depthwise beside one peer; undefined where the peer does not have it. */
async function contestOf(arena: Arena, { id, kase, ours, input, contest }: Pairing): Promise<PeerResult | undefined> {
  const { gpu, host, protocol, computed, watch } = arena;
  const other = await contest.side(kase, input);
  if (!other) return undefined;
  host.print(`${id}: first call of the peer, which compiles its kernels; on a CPU that can take minutes`);
  const moved = 'layout' in kase && kase.layout === 'nchw' && contest.peer !== 'tfjs';
  const onCpu = gpu.facts.software && computed;
  try {
    const outcome = await compete({ kase, ours, other, moved, computed, onCpu, protocol, watch });
    const { peer, version, settings } = contest;
    const date = new Date().toISOString();
    return { id, date, commit: host.tool.commit, peer, version, settings, case: kase.name, ...outcome };
  } finally {
    await other.dispose();
  }
}

/** Seeded and in the peer's layout: the seeded picture for networks, uniform in [-1,1] for operations. */
function inputOf(kase: OperationCase | NetworkCase): Float32Array {
  if ('checkpoint' in kase) return seededInput(kase.name, kase.input[2], kase.input[3]);
  const next = random(1);
  return Float32Array.from({ length: numel(kase.input) }, () => 2 * next() - 1);
}

/** New results beside those of an earlier run of the same adapter. */
function merged(path: string, document: BenchDocument): BenchDocument {
  if (!existsSync(path)) return document;
  const old = parseDocument(readFileSync(path, 'utf8'));
  const fresh = new Set([...document.peers, ...document.skipped].map(({ id }) => id));
  return {
    ...old,
    peers: [...old.peers.filter(({ id }) => !fresh.has(id)), ...document.peers],
    skipped: [...old.skipped.filter(({ id }) => !fresh.has(id)), ...document.skipped],
  };
}
