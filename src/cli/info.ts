import { adapterName, summarize, type AdapterSummary } from '../gpu/gpu.js';
import { listAdapters, openAdapter, type ListedAdapter } from '../node/adapters.js';
import { table } from './models.js';

/** What `depthwise info` tells. */
export interface GpuReport {
  /** The one that would be used. */
  readonly adapter: AdapterSummary;
  readonly available: readonly ListedAdapter[];
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Limits that decide which models and sizes run. */
const TELLING_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxTextureDimension2D',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxStorageBuffersPerShaderStage',
];

/** Asks Dawn what there is. @throws GpuUnavailableError where there is no adapter, or none of that name. */
export async function gpuReport(name?: string): Promise<GpuReport> {
  const { adapter } = await openAdapter(name);
  const limits: Record<string, number> = {};
  for (const limit in adapter.limits) limits[limit] = adapter.limits[limit as keyof GPUSupportedLimits] as number;
  return {
    adapter: summarize(adapter.info),
    available: await listAdapters(),
    features: [...adapter.features].sort(),
    limits,
  };
}

/** The report in words. */
export function reportText({ adapter, available, features, limits }: GpuReport): string {
  const verdict = adapter.software
    ? 'There is no GPU here that WebGPU can use: depthwise runs on the CPU through a software ' +
      'adapter, correctly but slowly.'
    : 'Models run on this GPU.';
  const f16 = features.includes('shader-f16')
    ? 'it has shader-f16, so weights and activations can be stored as f16'
    : 'it lacks shader-f16, so everything is stored as f32';
  return [
    `${adapterName(adapter)}`,
    `${verdict} ${f16[0]!.toUpperCase()}${f16.slice(1)}.`,
    '',
    'Adapters (--adapter takes a part of the name):',
    indent(table(available.map(({ backend, name }) => [backend, name]))),
    '',
    'Limits:',
    indent(table(TELLING_LIMITS.map((name) => [name, `${limits[name] ?? '-'}`]))),
    '',
    'Features:',
    indent(features.join(', ')),
  ].join('\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
