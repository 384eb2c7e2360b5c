import { existsSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { aptSuites } from './apt_sources.mjs';
import { announce, failureOf, run, say, SetupError } from './step.mjs';

/** Fields of /etc/os-release; empty where there is none. */
export function readOsRelease(path = '/etc/os-release') {
  if (!existsSync(path)) return {};
  const lines = readFileSync(path, 'utf8').matchAll(/^([A-Z_]+)=(?:"(.*)"|(.*))$/gm);
  return Object.fromEntries(Array.from(lines, ([, key, quoted, plain]) => [key, quoted ?? plain]));
}

/** Whether packages come from apt: Debian, Ubuntu and what is made from them. */
export function usesApt(release) {
  return [release.ID, ...(release.ID_LIKE ?? '').split(' ')].some((id) => id === 'debian' || id === 'ubuntu');
}

/**
 * What gets software Vulkan (Mesa lavapipe) onto a Linux system.
 * Debian 12 has Mesa 22.3, which lacks shaderUniformBufferArrayDynamicIndexing, so Dawn refuses it; its backports have
 * a newer one.
 * @returns {{ packages: string[], suite?: string, satisfy?: string, source?: { path: string, line: string } } | {
 *   command: string } |
 *   undefined}
 */
export function vulkanPlan(release, hasBackports) {
  if (usesApt(release)) {
    const packages = ['mesa-vulkan-drivers', 'libvulkan1'];
    if (release.ID !== 'debian' || release.VERSION_CODENAME !== 'bookworm') return { packages };
    const suite = 'bookworm-backports';
    if (hasBackports(suite)) return { packages, suite };
    const source = {
      path: '/etc/apt/sources.list.d/depthwise-backports.list',
      line: `deb http://deb.debian.org/debian ${suite} main`,
    };
    return { packages, suite, source };
  }
  const family = [release.ID, ...(release.ID_LIKE ?? '').split(' ')];
  if (family.includes('fedora')) return { command: 'sudo dnf install mesa-vulkan-drivers vulkan-loader' };
  if (family.includes('arch')) return { command: 'sudo pacman -S vulkan-swrast vulkan-icd-loader' };
  return undefined;
}

/** One line for a shell that carries out an apt plan. */
export function aptCommand(plan) {
  const [verb, ...what] = aptRequest(plan);
  const install = `sudo apt-get ${verb} -y ${plan.satisfy ? `'${plan.satisfy}'` : what.join(' ')}`;
  const list = plan.source ? `echo '${plan.source.line}' | sudo tee ${plan.source.path} && ` : '';
  return `${list}sudo apt-get update && ${install}`;
}

/** What apt-get is asked for: packages by name, or dependencies as a package states them. */
function aptRequest({ packages, suite, satisfy }) {
  return satisfy ? ['satisfy', satisfy] : ['install', ...(suite ? ['-t', suite] : []), ...packages];
}

/** Whether any apt source of this machine that is in use gives packages of `suite`, whatever its form and options. */
export function aptHasSuite(suite, folder = '/etc/apt') {
  const parts = join(folder, 'sources.list.d');
  const names = existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [];
  return [join(folder, 'sources.list'), ...names].some((path) => aptSuites(path).includes(suite));
}

/** Prefix that gives a command root's rights without asking; undefined where there is no such way. */
export function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return run(['sudo', '-n', 'true']).ok ? ['sudo', '-n'] : undefined;
}

/**
 * Whether packages may be installed: a person at the terminal is asked; elsewhere only root of a container or in CI
 * may, or who sets DEPTHWISE_SETUP=apt.
 */
export function mayInstall(plan) {
  const { DEPTHWISE_SETUP, CI, container } = process.env;
  if (DEPTHWISE_SETUP === 'apt') return true;
  // Not by process.stdin, which makes reads of the terminal return before there is an answer.
  if (isatty(0) && isatty(2)) return agrees(plan);
  const contained = container || existsSync('/.dockerenv') || existsSync('/run/.containerenv');
  return process.getuid?.() === 0 && Boolean((CI && CI !== 'false') || contained);
}

function agrees(plan) {
  say(`depthwise set-up wants to run:\n\n    ${aptCommand(plan)}\n\nGo ahead? [y/N] `);
  const answer = Buffer.alloc(64);
  return /^y(es)?\s/i.test(answer.toString('latin1', 0, readSync(0, answer)));
}

/** Carries out an apt plan, or throws with the command that does. */
export function aptInstall(step, plan) {
  if (!mayInstall(plan))
    throw new SetupError(
      step,
      `${plan.packages.join(', ')} must be installed, which is not done without being asked for (DEPTHWISE_SETUP=apt).`,
      aptCommand(plan),
    );
  const prefix = rootPrefix();
  if (!prefix)
    throw new SetupError(
      step,
      `${plan.packages.join(', ')} must be installed, which needs an administrator.`,
      aptCommand(plan),
    );
  announce(`installing ${plan.packages.join(', ')} (apt-get)`);
  if (plan.source) {
    const argv = [...prefix, 'tee', plan.source.path];
    const { ok, output } = run(argv, { input: `${plan.source.line}\n` });
    if (!ok) throw new SetupError(step, failureOf(argv, output), aptCommand(plan));
  }
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120'];
  // A source of no concern here may fail to update; whether it matters shows in the installation.
  const update = run([...apt, 'update']);
  const [verb, ...what] = aptRequest(plan);
  const argv = [...apt, verb, '-y', '--no-install-recommends', ...what];
  const { ok, output } = run(argv);
  if (!ok) throw new SetupError(step, failureOf(argv, `${update.output}\n${output}`), aptCommand(plan));
}
