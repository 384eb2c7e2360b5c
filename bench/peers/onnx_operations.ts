import protobuf from 'protobufjs';
import type { PeerOperation } from '../static/peer_operations.js';

const FLOAT = 1;
const [INT, INTS] = [2, 7];

/** The fields of ONNX that are written here. */
const { nested } = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        graph: { type: 'GraphProto', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
      },
    },
    OperatorSetIdProto: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    GraphProto: {
      fields: {
        node: { rule: 'repeated', type: 'NodeProto', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
      },
    },
    NodeProto: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
        domain: { type: 'string', id: 7 },
      },
    },
    AttributeProto: {
      fields: {
        name: { type: 'string', id: 1 },
        i: { type: 'int64', id: 3 },
        ints: { rule: 'repeated', type: 'int64', id: 8, options: { packed: false } },
        type: { type: 'int32', id: 20 },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1, options: { packed: false } },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
    ValueInfoProto: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } } },
    TypeProto: { fields: { tensorType: { type: 'TensorType', id: 1 } } },
    TensorType: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'ShapeProto', id: 2 } } },
    ShapeProto: { fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } } },
    Dimension: { fields: { dimValue: { type: 'int64', id: 1 } } },
  },
});

/** An ONNX model of one operation, its weights zeros, and the shapes of its inputs. */
export interface OnnxOperation {
  readonly model: Uint8Array;
  readonly inputs: readonly (readonly number[])[];
}

export function onnxOperation({ kind, sizes: [a, b, c] }: PeerOperation): OnnxOperation {
  if (kind === 'matmul') return operation({ opType: 'MatMul' }, [[1, a, b]], [[b, c]], [1, a, c]);
  if (kind === 'attention') {
    const node = {
      opType: 'MultiHeadAttention',
      domain: 'com.microsoft',
      attribute: [{ name: 'num_heads', i: b, type: INT }],
    };
    return operation(
      node,
      [
        [1, a, c],
        [1, a, c],
        [1, a, c],
      ],
      [],
      [1, a, c],
    );
  }
  const attribute = [
    { name: 'kernel_shape', ints: [3, 3], type: INTS },
    { name: 'pads', ints: [1, 1, 1, 1], type: INTS },
  ];
  return operation({ opType: 'Conv', attribute }, [[1, b, a, a]], [[c, b, 3, 3], [c]], [1, c, a, a]);
}

function operation(
  node: object,
  inputs: readonly (readonly number[])[],
  weights: readonly (readonly number[])[],
  made: readonly number[],
): OnnxOperation {
  const value = (name: string, shape: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  });
  const given = inputs.map((shape, i) => value(`x${i}`, shape));
  const initializer = weights.map((dims, i) => ({
    name: `w${i}`,
    dims,
    dataType: FLOAT,
    rawData: new Uint8Array(4 * dims.reduce((n, d) => n * d, 1)),
  }));
  const model = {
    irVersion: 8,
    opsetImport: [
      { domain: '', version: 17 },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: 'operation',
      node: [{ ...node, input: [...given, ...initializer].map(({ name }) => name), output: ['y'] }],
      initializer,
      input: given,
      output: [value('y', made)],
    },
  };
  const type = nested?.['ModelProto'] as protobuf.Type;
  return { model: type.encode(type.fromObject(model)).finish(), inputs };
}
