import { registry } from './registry.js';

/** What to write in place of `org/repo`, for text that is spelled so: the model of that repository, and the form. */
export function hubHint(text: string): string | undefined {
  const repo = /^(?:hf:)?([\w.-]+\/[\w.-]+)$/.exec(text)?.[1];
  if (repo === undefined) return undefined;
  const entry = registry.find(({ weights }) => weights.page?.toLowerCase().endsWith(`.co/${repo.toLowerCase()}`));
  return `${entry ? `As a model that is ${entry.name}. ` : ''}For a repository of the hub, write hf:${repo}@revision.`;
}
