// Compiles WGSL texts on a device without hardware, in a process of its own: null_device.mjs sets its environment.
//   node worker.mjs IN OUT RECORDS [unchecked]
// IN: JSON, a list of WGSL texts. OUT: JSON, { adapter, results }, a result for each text: what the layer recorded, or
// { error }. RECORDS: the file that the layer appends to. `unchecked`: without Tint's clamps of indices.
import { readFileSync, writeFileSync } from 'node:fs';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const FEATURES = ['shader-f16', 'subgroups', 'subgroup-size-control'];
const LIMITS = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxStorageBuffersPerShaderStage',
];

const [, , input, output, records, checks] = process.argv;
const unchecked = ['enable-dawn-features=allow_unsafe_apis,disable_robustness'];
// Kept for as long as the process lives: without it Dawn ends at the next call.
const gpu = create(['backend=vulkan', ...(checks === 'unchecked' ? unchecked : [])]);
const adapter = await gpu.requestAdapter();
if (!adapter) throw new Error('Dawn finds no adapter.');
const device = await adapter.requestDevice({
  requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)),
});

const results = [];
let read = 0;
// One at a time, so that what the layer appends is of the text that was compiled last.
for (const code of JSON.parse(readFileSync(input, 'utf8'))) results.push(await compile(code));
writeFileSync(output, JSON.stringify({ adapter: facts(), results }));
process.exit(0);

async function compile(code) {
  try {
    const module = device.createShaderModule({ code });
    await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  } catch (error) {
    return { error: error.message };
  }
  const text = readFileSync(records, 'utf8');
  const made = text.slice(read).trim();
  read = text.length;
  return made === '' ? { error: 'The driver says nothing of its pipeline.' } : JSON.parse(made);
}

/** What `Gpu.adopt` reads of a device. */
function facts() {
  const { vendor, architecture, device: name, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  const limits = {};
  for (const limit in adapter.limits) limits[limit] = adapter.limits[limit];
  return {
    adapterInfo: { vendor, architecture, device: name, description, subgroupMinSize, subgroupMaxSize },
    features: [...adapter.features].sort(),
    limits,
  };
}
