import networks from './networks.json' with { type: 'json' };

/** A whole network that a peer has as an ONNX graph of the same name. */
export interface NetworkCase {
  /** Model and size, as graphs and recordings are named. */
  readonly name: string;
  readonly model: string;
  readonly input: readonly [1, 3, number, number];
  /** Its tensors are listed beside the recordings of the published code. */
  readonly checkpoint: string;
}

/** Of the table that tools/peers/export_onnx.py reads, too: a model is one line there. */
export const networkCases: readonly NetworkCase[] = networks.map(({ model, width, height, checkpoint }) => ({
  name: `${model}-${width}x${height}`,
  model,
  input: [1, 3, height, width],
  checkpoint,
}));
