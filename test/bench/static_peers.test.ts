import { describe, expect, it } from 'vitest';
import { onnxOperation } from '../../bench/peers/onnx_operations.js';
import { Recorder, type RecordedClasses } from '../../bench/peers/recorder.js';
import type { StaticRow } from '../../bench/static/document.js';
import { comparePeers } from '../../bench/static/peer_comparison.js';
import { PEER_OPERATIONS, productsOf, type PeerOperation } from '../../bench/static/peer_operations.js';
import { textOf, turnsOfPeer } from '../../bench/static/peers.js';
import { BufferUsage } from '../../src/gpu/buffers.js';
import { testGpu } from '../gpu.js';

const CODE = `
  struct Sizes { a: vec2<u32>, b: vec2<u32> };
  @group(0) @binding(0) var<uniform> sizes: Sizes;
  @group(0) @binding(1) var<storage, read_write> y: array<f32>;
  fn main(at: u32) { for (var i = 0u; i < sizes.b.x; i++) { y[at] += 1.0; } }
  @compute @workgroup_size(8) fn start(@builtin(global_invocation_id) id: vec3<u32>) { main(id.x); }`;

it('what a library dispatches is recorded with its uniforms, and its loops are counted by them', async () => {
  const gpu = await testGpu();
  const { device } = gpu;
  const recorder = new Recorder((await import('webgpu')).globals as unknown as RecordedClasses);
  const dispatch = async () => {
    const module = device.createShaderModule({ code: CODE });
    const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'start' } });
    const uniform = device.createBuffer({ size: 16, usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST });
    const y = device.createBuffer({ size: 96, usage: BufferUsage.STORAGE });
    device.queue.writeBuffer(uniform, 8, new Uint32Array([0, 5, 0]), 1);
    const entries = [uniform, y].map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(3);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
  const dispatches = await recorder.during(dispatch);
  await dispatch();
  const uniform = [0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0];
  expect(dispatches).toEqual([
    {
      code: CODE,
      entryPoint: 'start',
      workgroups: [3, 1, 1],
      bindings: [
        { binding: 0, size: 16, uniform },
        { binding: 1, size: 96 },
      ],
    },
  ]);
  const [dispatched] = dispatches as [(typeof dispatches)[number]];
  expect(textOf(dispatched)).toMatch(/fn called_main\(at[^]*fn main\(@builtin/);
  expect(await turnsOfPeer(gpu, textOf(dispatched), dispatched)).toEqual({ invocations: 8, loops: [5] });
});

describe('peers beside ours', () => {
  const ours = { chip: 'navi21', model: 'tiny', kernel: 'gemm/tiled', shape: '2x4x8', chosen: true } as StaticRow;
  const row = (changes: Partial<StaticRow>): StaticRow => ({ ...ours, precision: 'f32', useful: 1, ...changes });
  const peer = { peer: 'theirs 1.0', chosen: false };

  it('are the dispatches that multiply, and ours is what the rule picks', () => {
    const rows = [
      row({ predictedMs: 2 }),
      row({ predictedMs: 1, chosen: false, kernel: 'gemm/registers' }),
      row({ predictedMs: 1, precision: 'f16' }),
      row({ ...peer, kernel: 'gemm/1 of 3', predictedMs: 1, useful: 2 }),
      row({ ...peer, kernel: 'gemm/2 of 3', predictedMs: 2, useful: 2 }),
      row({ ...peer, kernel: 'gemm/3 of 3', predictedMs: 9, useful: 1000 }),
      row({ ...peer, kernel: 'conv2d/1 of 1', predictedMs: 9 }),
    ];
    expect(comparePeers(rows)).toEqual([
      {
        ...{ chip: 'navi21', peer: 'theirs 1.0', kernel: 'gemm/tiled', model: 'tiny', shape: '2x4x8' },
        ...{ ours: 2, theirs: 3, ratio: 1.5 },
      },
    ]);
  });

  it('do the operations of the networks: their models hold weights of these sizes', () => {
    const of = (kind: PeerOperation['kind']) => PEER_OPERATIONS.find((one) => one.kind === kind) as PeerOperation;
    expect(productsOf(of('matmul'))).toBe(1370 * 384 * 1536);
    expect(productsOf(of('conv3x3'))).toBe(148 * 148 * 64 * 9 * 64);
    expect(productsOf(of('attention'))).toBe(2 * 6 * 1370 * 1370 * 64);
    const text = ({ model }: { model: Uint8Array }) => Buffer.from(model).toString('latin1');
    expect(text(onnxOperation(of('matmul')))).toContain('MatMul');
    expect(onnxOperation(of('matmul')).model.length).toBeGreaterThan(4 * 384 * 1536);
    expect(text(onnxOperation(of('conv3x3')))).toContain('kernel_shape');
    expect(onnxOperation(of('attention')).inputs).toEqual(Array(3).fill([1, 1370, 384]));
  });
});
