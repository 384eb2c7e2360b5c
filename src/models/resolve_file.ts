import { ModelMismatchError } from '../errors.js';
import type { HubConfig } from '../weights/fetch/config_beside.js';
import type { TensorTable } from '../weights/format/tensor_table.js';
import { fetched } from '../parts.js';
import type { KnownModel } from './families/index.js';
import { describeArchitecture, identify, type Architecture } from './identify.js';
import { codeOf, registry } from './registry.js';

/**
 * Which published model a file is. What tensors cannot tell comes from the name or the hub's config.json, or is
 * refused.
 * @param named what the caller says it is; the tensors and the config must say so too
 * @param config fetches the config.json beside the file, where it has one; asked only where the tensors leave it open
 * @throws ModelMismatchError `MODEL_UNKNOWN`, `MODEL_ARCHITECTURE` when the file is not the named model,
 *   `MODEL_UNSUPPORTED`, `MODEL_CONFIG`, `MODEL_AMBIGUOUS`
 */
export async function resolveFile(
  table: TensorTable,
  source: string,
  named: KnownModel | undefined,
  config: () => Promise<HubConfig | undefined>,
): Promise<KnownModel> {
  const found = identify(table, source);
  if (named) checkNamed(named, found, source);
  const sized = registry.filter((entry) => looksLike(entry, found));
  const entries = sized.length > 1 ? await configured(sized, config) : sized;
  if (named) return checkConfigured(named, entries, source);
  const singled = withoutTwins(entries);
  if (singled.length === 1) return singled[0] as KnownModel;
  if (entries.length === 0) {
    throw new ModelMismatchError(
      'MODEL_UNSUPPORTED',
      `${source}: this looks like ${describeArchitecture(found)}, which cannot be run yet.`,
      { source, actual: found },
    );
  }
  const names = entries.map((entry) => entry.name);
  throw new ModelMismatchError(
    'MODEL_AMBIGUOUS',
    `${source}: this is ${describeArchitecture(found)}; its tensors do not say which of ${names.join(', ')} it is.`,
    { source, expected: names, hint: 'Name the model.' },
  );
}

/**
 * Of some entries of a family those that a config.json means; all where there is none, or the family knows of none. One
 * that may be of anything is passed over where it is not of the family.
 */
async function configured(
  entries: readonly KnownModel[],
  config: () => Promise<HubConfig | undefined>,
): Promise<readonly KnownModel[]> {
  const code = await fetched(codeOf(entries[0] as KnownModel));
  const told = code.configured && (await config());
  if (!told) return entries;
  try {
    return code.configured?.(entries, told.json, told.source) ?? [];
  } catch (error) {
    if (told.stray && error instanceof ModelMismatchError) return entries;
    throw error;
  }
}

function checkConfigured(named: KnownModel, entries: readonly KnownModel[], source: string): KnownModel {
  if (entries.includes(named)) return named;
  const names = withoutTwins(entries).map(({ name }) => name);
  throw new ModelMismatchError(
    'MODEL_CONFIG',
    `${source}: its config.json says ${names.join(' or ') || 'no published model'}, not ${named.name}.`,
    { source, expected: named.name, actual: names },
  );
}

/** Entries without those whose files are taken for another one's of them. */
function withoutTwins(entries: readonly KnownModel[]): readonly KnownModel[] {
  return entries.filter(({ twin }) => !entries.some(({ name }) => name === twin));
}

/** Whether a file may be of a model: it is of its family and size, or of those of its twin. */
function looksLike(entry: KnownModel, found: Architecture): boolean {
  const twin = registry.find(({ name }) => name === entry.twin);
  return [entry, twin].some((each) => each?.family === found.family && each.size === found.size);
}

function checkNamed(named: KnownModel, found: Architecture, source: string): void {
  if (looksLike(named, found)) return;
  const kin = found.family === named.family;
  throw new ModelMismatchError(
    'MODEL_ARCHITECTURE',
    `${source}: this ${kin ? 'is' : 'looks like'} ${describeArchitecture(found)}, not ${named.title}.`,
    { source, expected: named.name, actual: found },
  );
}
