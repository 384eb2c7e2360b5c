import type { PeerResult } from './document.js';
import { milliseconds, number, type Table } from './table_text.js';

export function peerLine(peer: PeerResult): string {
  const { id, ratio, depthwise, other, maxDifference } = peer;
  const outputs =
    maxDifference === undefined ? 'outputs not compared' : `outputs differ by ${maxDifference.toExponential(1)}`;
  const ofCpu = depthwise.cpuMs ? `${cpuRatio(peer)} of CPU time, ` : '';
  return (
    `${id}: ${ratio.toFixed(2)}×, ${ofCpu}${milliseconds(depthwise.ms)} beside ${milliseconds(other.ms)} ms ` +
    `(first ${number(other.firstMs)}), ${outputs}`
  );
}

export function peerTable(peers: readonly PeerResult[]): Table {
  const columns = [
    'case beside peer',
    'ratio',
    'of CPU time',
    'Depthwise ms',
    'peer ms',
    'peer first',
    'n',
    'timed',
    'difference',
  ];
  const rows = peers.map((p) => [
    p.id,
    `${p.ratio.toFixed(2)}×`,
    cpuRatio(p),
    number(p.depthwise.ms.median),
    number(p.other.ms.median),
    number(p.other.firstMs),
    `${p.depthwise.ms.n}, ${p.other.ms.n}`,
    p.timed,
    p.maxDifference?.toExponential(1) ?? '',
  ]);
  return { title: 'Beside peers, same process (ratio above 1: Depthwise is faster)', columns, rows };
}

/** The peer's processor time over Depthwise's, where both are known. */
function cpuRatio({ depthwise, other }: PeerResult): string {
  return depthwise.cpuMs && other.cpuMs ? `${(other.cpuMs.median / depthwise.cpuMs.median).toFixed(2)}×` : '';
}

export function peerNetworkTable(peers: readonly PeerResult[]): Table {
  const facts = new Map(peers.flatMap(({ case: name, depthwise: { network } }) => (network ? [[name, network]] : [])));
  const rows = [...facts].map(([name, { dispatches, pipelines, activations, lowerBound }]) => [
    name,
    String(dispatches),
    String(pipelines),
    number(activations / 1e6),
    (activations / lowerBound).toFixed(2),
  ]);
  return {
    title: 'The networks of these on Depthwise, on any machine',
    columns: ['network', 'dispatches', 'pipelines', 'activations MB', '× bound'],
    rows,
  };
}

export function submitTable(peers: readonly PeerResult[]): Table {
  const columns = ['case beside peer', 'ratio', 'Depthwise ms', 'peer ms', 'n', 'submits', 'dispatches', 'waits'];
  const rows = peers.flatMap(({ id, depthwise: { submit: own }, other: { submit: theirs } }) => {
    if (!own || !theirs) return [];
    const counts = (['submits', 'dispatches', 'waits'] as const).map((name) => `${own[name]}, ${theirs[name]}`);
    return [
      [
        id,
        `${(theirs.ms.median / own.ms.median).toFixed(2)}×`,
        number(own.ms.median),
        number(theirs.ms.median),
        `${own.ms.n}, ${theirs.ms.n}`,
        ...counts,
      ],
    ];
  });
  return {
    title:
      'Beside peers, from the start of a call until its last submit (waits for the GPU until then; at 0 it is all CPU)',
    columns,
    rows,
  };
}
