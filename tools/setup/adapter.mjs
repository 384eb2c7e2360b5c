import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digest, readStamps, writeStamp } from './stamp.mjs';
import { homeFolder, run, SetupError } from './step.mjs';
import { aptCommand, aptHasSuite, aptInstall, readOsRelease, vulkanPlan } from './system.mjs';

const PROBE = join(dirname(fileURLToPath(import.meta.url)), 'probe_adapter.mjs');

/** Where the Vulkan loader looks for drivers. */
const DRIVERS = [
  '/etc/vulkan/icd.d',
  '/usr/local/etc/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  ...(homeFolder() === undefined ? [] : [join(homeFolder(), '.local/share/vulkan/icd.d')]),
];

/** Makes sure that Dawn finds a Vulkan adapter on Linux, with software Vulkan where there is no other. */
export function setUpAdapter(root) {
  if (process.platform !== 'linux' || readStamps(root).adapter?.key === driversKey(root)) return;
  let found = probeAdapter();
  if (!found.info) {
    const release = readOsRelease();
    const plan = vulkanPlan(release, aptHasSuite);
    if (!plan || plan.command) throw new SetupError('Vulkan driver', nothingFound(found.output), plan?.command);
    aptInstall('Vulkan driver', plan);
    found = probeAdapter();
    if (!found.info)
      throw new SetupError(
        'Vulkan driver',
        `${nothingFound(found.output)}\nThis holds after installing ${plan.packages.join(', ')}.`,
        aptCommand(plan),
      );
  }
  writeStamp(root, 'adapter', { key: driversKey(root), ...found.info });
}

/** The adapter Dawn would choose, and what it said while looking. */
function probeAdapter() {
  const { ok, stdout, output } = run([process.execPath, PROBE]);
  if (/GLIBC(XX)?_[\d.]+' not found/.test(output)) {
    throw new SetupError(
      'Vulkan driver',
      `this system's C or C++ library is too old for Dawn (glibc 2.34 and GLIBCXX_3.4.30 or newer).\n${output.trim()}`,
    );
  }
  const line = stdout.trim().split('\n').pop();
  return { info: ok && line ? JSON.parse(line) : null, output };
}

function nothingFound(output) {
  return `Dawn finds no usable Vulkan adapter.\n${output.replace(/^null$/m, '').trim()}`.trim();
}

/**
 * Changes whenever the answer of the probe may: with the drivers, the choice among them, Dawn, or the machine's kind.
 */
function driversKey(root) {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, VK_ADD_DRIVER_FILES } = process.env;
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/webgpu/package.json'), 'utf8'));
  return digest(
    DRIVERS,
    JSON.stringify([process.arch, version, VK_ICD_FILENAMES, VK_DRIVER_FILES, VK_ADD_DRIVER_FILES]),
  );
}
