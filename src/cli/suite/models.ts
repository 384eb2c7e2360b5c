import type { DepthModel } from '../../runtime/depth_model.js';
import type { ModelArguments, NamedModel } from '../arguments.js';
import { chooseModel, loadModel, type Session } from '../session.js';

/** Loads models one after the other, so that one is in memory at a time, and hands each out. */
export async function eachModel(
  command: ModelArguments & { readonly models: readonly NamedModel[] },
  session: Session,
  work: (model: DepthModel) => Promise<void>,
): Promise<void> {
  const asked = command.models.length > 0 ? command.models.map((named) => ({ ...command, ...named })) : [command];
  for (const each of asked) {
    const model = await loadModel(each, await chooseModel(each), session);
    try {
      await work(model);
    } finally {
      model.dispose();
    }
  }
}
