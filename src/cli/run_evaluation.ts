import { dirname } from 'node:path';
import { ProtectedFiles } from '../node/protected_files.js';
import type { DepthModel } from '../runtime/depth_model.js';
import type { EvaluateCommand } from './arguments.js';
import { requireOfModel } from './model_conflicts.js';
import { table } from './models.js';
import { requireWritable } from './places.js';
import { chooseModel, loadModel, type Session } from './session.js';
import { write } from './write_outputs.js';

/** What comes of an evaluation: rows of cells to print, and what goes into the JSON file. */
export interface Evaluated {
  readonly rows: string[][];
  readonly scores: object;
}

/**
 * Loads the model that a command names, has it scored, prints the scores, and writes them where they are asked for.
 * @param files that are read, which the scores may not be written over
 * @returns the exit code
 */
export async function runEvaluation(
  files: readonly string[],
  command: EvaluateCommand,
  session: Session,
  score: (model: DepthModel) => Promise<Evaluated>,
): Promise<number> {
  if (command.json !== undefined) await requireWritable('json', dirname(command.json));
  const reads = await ProtectedFiles.of(files);
  await reads.addWeights(command.weights);
  if (command.json !== undefined) await reads.refuse(command.json);
  const chosen = await chooseModel(command);
  if (chosen.name !== undefined) requireOfModel(chosen.name, command);
  const model = await loadModel(command, chosen, session);
  try {
    requireOfModel(model.info.name, command);
    const { rows, scores } = await score(model);
    session.print(table(rows));
    const { name, precision, adapter } = model.info;
    const written = { model: name, precision, adapter, ...scores };
    if (command.json !== undefined) await write(command.json, `${JSON.stringify(written, null, 2)}\n`, reads);
    return 0;
  } finally {
    model.dispose();
    session.progress.clear();
  }
}
