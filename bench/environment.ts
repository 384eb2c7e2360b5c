import { adapterName, type Gpu } from '../src/gpu/gpu.js';
import type { BenchDocument, ClockFacts, Environment, Protocol } from './document.js';

/** What only the surroundings know. */
export type Surroundings = Pick<Environment, 'runtime' | 'os' | 'versions'>;

export function environmentOf(gpu: Gpu, around: Surroundings): Environment {
  const limits: Record<string, number> = {};
  for (const name in gpu.device.limits) {
    const value = (gpu.device.limits as unknown as Record<string, unknown>)[name];
    if (typeof value === 'number') limits[name] = value;
  }
  return { ...around, adapter: gpu.adapter, features: [...gpu.device.features].sort(), limits };
}

/** Adapter, clock and protocol in three lines: the first a reader needs to know. */
export function headerText({
  env,
  clock,
  protocol,
  date,
  tool,
}: Pick<BenchDocument, 'env' | 'clock' | 'protocol' | 'date' | 'tool'>): string[] {
  const versions = Object.entries(env.versions).map(([name, version]) => `${name} ${version}`);
  const cpu = env.adapter.software ? ' — a CPU: these times are evidence, not performance' : '';
  return [
    `adapter: ${adapterName(env.adapter)}${cpu}`,
    `runtime: ${[env.runtime, env.os, ...versions].join(', ')}; depthwise ${tool.version} ${tool.commit}; ${date}`,
    `clock: ${clockText(clock)}; ${protocolText(protocol)}`,
  ];
}

function clockText({ source, quantumNs }: ClockFacts): string {
  return `${source}, quantum ${quantumNs} ns`;
}

function protocolText({ samples, minPassMs, quantaPerPass, order, stableWithin, cold }: Protocol): string {
  return (
    `${cold ? 'cold caches, ' : ''}${samples} samples in ${order} order, passes of at least ${minPassMs} ` +
    `ms and ${quantaPerPass} quanta, warmed up until medians agree within ${100 * stableWithin} %`
  );
}
