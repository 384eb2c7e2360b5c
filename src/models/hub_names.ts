import { registry } from './registry.js';

/** What to write in place of `org/repo`, for text that is spelled so: the model of that repository, and the form. */
export function hubHint(text: string): string | undefined {
  const repo = /^(?:hf:)?([\w.-]+\/[\w.-]+)$/.exec(text)?.[1];
  if (repo === undefined || /\.(?:safetensors|pth?|ckpt|bin|json)$/i.test(repo)) return undefined;
  const port = portOf(repo.toLowerCase());
  const entry = registry.find(
    ({ name, weights }) => name === port || weights.page?.toLowerCase().endsWith(`.co/${repo.toLowerCase()}`),
  );
  return `${entry ? `As a model that is ${entry.name}. ` : ''}For a repository of the hub, write hf:${repo}@revision.`;
}

/** The model that Intel's repositories of the hub have a port of: `intel/dpt-swinv2-tiny-256`, `intel/zoedepth-nyu`. */
function portOf(repo: string): string | undefined {
  const name = /^intel\/(.*)$/.exec(repo)?.[1];
  const datasets: Readonly<Record<string, string>> = { 'nyu-kitti': 'nk', nyu: 'n', kitti: 'k' };
  return name
    ?.replace('swinv2', 'swin2')
    .replace('hybrid-midas', 'hybrid')
    .replace(/(?<=^zoedepth-).*/, (trained) => datasets[trained] ?? trained);
}
