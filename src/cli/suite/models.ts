import { checkLicence, entryByName, findEntry } from '../../models/resolve.js';
import type { DepthModel } from '../../runtime/depth_model.js';
import type { ModelArguments, NamedModel } from '../arguments.js';
import { chooseModel, loadModel, type Session } from '../session.js';

/** A model that is loaded, and what tells it from the others. */
export interface LabelledModel {
  readonly model: DepthModel;
  /** Its name; with its weights, as --models has it, where another is called the same. */
  readonly label: string;
}

/**
 * Loads models one after the other, so that one is in memory at a time, and hands each out. Names and licences of all
 * are checked before the first is loaded.
 * @throws UsageError MODEL_NAME; LicenseError; errors of `loadModel` and of `work`
 */
export async function eachModel(
  command: ModelArguments & { readonly models: readonly NamedModel[] },
  session: Session,
  work: (each: LabelledModel) => Promise<void>,
): Promise<void> {
  const { models } = command;
  const asked = models.length > 0 ? models.map((named) => ({ ...command, ...named })) : [command];
  const chosen = await Promise.all(asked.map(chooseModel));
  for (const { name } of chosen) if (name !== undefined) checkLicence(entryByName(name), command.acceptLicense);
  const labels = labelsOf(models);
  for (const [i, each] of asked.entries()) {
    const model = await loadModel(each, chosen[i]!, session);
    try {
      await work({ model, label: labels[i] ?? model.info.name });
    } finally {
      model.dispose();
    }
  }
}

/** Names as results have them; the text of --models where two are the same. */
export function labelsOf(models: readonly NamedModel[]): string[] {
  const names = models.map(({ model }) => findEntry(model)?.name ?? model);
  return models.map(({ text }, i) => (names.filter((name) => name === names[i]).length > 1 ? text : names[i]!));
}
