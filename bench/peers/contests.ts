import { join } from 'node:path';
import type { ModelFiles } from '../models.js';
import { packageVersion } from '../node_host.js';
import type { OperationCase } from './cases.js';
import type { Side } from './depthwise_side.js';
import { filledGraph, keptGraph } from './graphs.js';
import type { NetworkCase } from './networks.js';
import { ortBuilds, ortSide } from './onnxruntime.js';
import { loadTf, tfSide } from './tfjs.js';

/** A peer, and how it runs a case. */
export interface Contest {
  readonly peer: string;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  /** The peer's side of a case; undefined where it has none. */
  side(kase: OperationCase | NetworkCase, input: Float32Array): Promise<Side | undefined>;
}

/** Copies of the weights that both sides hold at once, on a CPU: files, what they are packed to, and GPU memory. */
const COPIES = 5;

/** Every peer. `folder` has its packages and the graphs. */
export function contests(folder: string, instance: GPU, files: ModelFiles): Contest[] {
  const graphOf = async (kase: OperationCase | NetworkCase) => {
    const graph = keptGraph(join(folder, 'graphs'), kase.name);
    refuseTooLarge(graph.tensors.reduce((sum, { length }) => sum + length, 0));
    return filledGraph(graph, 'checkpoint' in kase ? await files.tensors(kase.checkpoint) : undefined);
  };
  return [
    ...ortBuilds.map((build): Contest => ({
      peer: build.peer,
      version: packageVersion(folder, build.package),
      settings: build.settings,
      side: async (kase, input) => ortSide(await build.load(folder), await graphOf(kase), input, kase.input),
    })),
    {
      peer: 'tfjs',
      version: packageVersion(folder, '@tensorflow/tfjs-backend-webgpu'),
      settings: { backend: 'webgpu' },
      side: async (kase, input) => ('layout' in kase ? tfSide(await loadTf(folder, instance), kase, input) : undefined),
    },
  ];
}

/** @throws Error when weights of this many bytes do not fit into the memory that is free */
function refuseTooLarge(weights: number): void {
  const [needed, free] = [COPIES * weights, process.availableMemory()].map((bytes) => (bytes / 1e9).toFixed(1));
  if (Number(needed) > Number(free))
    throw new Error(`${COPIES} copies of the weights take ${needed} GB, and ${free} GB of memory are free.`);
}
