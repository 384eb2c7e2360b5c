import { existsSync } from 'node:fs';
import { run, SetupError } from './step.mjs';
import { aptCommand, aptHasSuite, aptInstall, readOsRelease, usesApt, vulkanPlan } from './system.mjs';

const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];
const DRIVER_NAMES = ['radeon_icd.json', 'radeon_icd.x86_64.json', 'radeon_icd.aarch64.json'];
const INTEL_DRIVER_NAMES = ['intel_icd.json', 'intel_icd.x86_64.json'];
const HEADERS = ['/usr/include/vulkan/vk_layer.h', '/usr/local/include/vulkan/vk_layer.h'];

/** Where RADV, the driver for AMD's chips, says how it is loaded; undefined without it. */
export function radvDriver() {
  return driverOf(DRIVER_NAMES);
}

/** The same of ANV, the driver for Intel's chips. */
export function anvDriver() {
  return driverOf(INTEL_DRIVER_NAMES);
}

function driverOf(names) {
  return DRIVER_FOLDERS.flatMap((folder) => names.map((name) => `${folder}/${name}`)).find(existsSync);
}

/**
 * What is missing of what compiles for chips that are not there, by the names of Debian's packages; empty when nothing
 * is.
 */
export function missingForNullDevice() {
  return [
    ...(radvDriver() ? [] : ['mesa-vulkan-drivers']),
    ...(HEADERS.some(existsSync) ? [] : ['libvulkan-dev']),
    ...(run(['gcc', '--version']).ok ? [] : ['gcc', 'libc6-dev']),
  ];
}

/** Makes sure that the layer of bench/static can be built and has a driver to compile with. */
export function setUpNullDevice() {
  if (process.platform !== 'linux')
    throw new SetupError('compilers without hardware', 'RADV is a driver for Linux; this system is another.');
  const packages = missingForNullDevice();
  if (packages.length === 0) return;
  const release = readOsRelease();
  if (!usesApt(release))
    throw new SetupError(
      'compilers without hardware',
      `These are missing, by Debian's names: ${packages.join(', ')}. Install Mesa's RADV, Vulkan's headers and gcc.`,
    );
  const { source, suite } = vulkanPlan(release, aptHasSuite);
  // The driver comes from the suite that lavapipe comes from; the rest is of any.
  const plan = packages.includes('mesa-vulkan-drivers') ? { packages, suite, source } : { packages };
  aptInstall('compilers without hardware', plan);
  const left = missingForNullDevice();
  if (left.length > 0)
    throw new SetupError(
      'compilers without hardware',
      `${left.join(', ')} are missing after their installation.`,
      aptCommand(plan),
    );
}
