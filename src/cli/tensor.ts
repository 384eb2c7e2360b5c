import { dirname } from 'node:path';
import { DepthFileError, UsageError } from '../errors.js';
import { decodeNpy, encodeNpy } from '../depth/formats/npy.js';
import type { TensorCommand } from './arguments.js';
import { requireWritable } from './places.js';
import { readWhole } from '../node/streams.js';
import { ProtectedFiles } from '../node/protected_files.js';
import { chooseModel, loadModel, type Session } from './session.js';
import { write } from './write_outputs.js';

/** Runs the bare network: f32 [1,3,H,W] from one NPY file, its output f32 [H,W] into another. */
export async function runTensor(command: TensorCommand, session: Session): Promise<number> {
  const bytes = await readWhole(command.input).catch((cause: unknown) => {
    throw new DepthFileError('NPY_READ', `${command.input}: cannot be read (${(cause as Error).message}).`, {
      source: command.input,
      phase: 'read',
      cause,
    });
  });
  const { shape, data } = decodeNpy(bytes, command.input);
  const [N, C, H, W] = shape;
  if (!(data instanceof Float32Array) || shape.length !== 4 || N !== 1 || C !== 3 || !H || !W) {
    const found = `${data instanceof Float32Array ? 'f32' : 'f64'} [${shape.join(',')}]`;
    throw new UsageError('TENSOR_SHAPE', `${command.input}: is ${found}; expected f32 [1,3,H,W].`, {
      source: command.input,
      expected: [1, 3, 'H', 'W'],
      actual: shape,
    });
  }
  await requireWritable('out-tensor', dirname(command.output));
  const reads = await ProtectedFiles.of([command.input]);
  await reads.addWeights(command.weights);
  await reads.refuse(command.output);
  const model = await loadModel(command, await chooseModel(command), session);
  try {
    await write(command.output, encodeNpy(await model.run(data, [N, C, H, W]), [H, W]), reads);
    session.print(command.output);
    return 0;
  } finally {
    model.dispose();
  }
}
