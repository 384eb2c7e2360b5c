import { UsageError } from '../errors.js';
import { BufferUsage } from '../gpu/buffers.js';
import { textOf } from '../gpu/scoped.js';
import { isExternal, type EncodeInto, type Input, type Output } from './encode_targets.js';
import { isRendered, passOver } from '../gpu/render_target.js';

/** What GPU calls are refused for, once the device says so; the calls are made at once. */
export async function refusalOf(device: GPUDevice, calls: () => void): Promise<GPUError | null> {
  device.pushErrorScope('validation');
  let popped: Promise<GPUError | null>;
  try {
    calls();
  } finally {
    popped = device.popErrorScope();
  }
  // A device that is lost is told of by others.
  return popped.catch(() => null);
}

/** What a caller gave to record into, to read and to write. */
export interface Given {
  readonly into: EncodeInto;
  readonly input: Input;
  readonly output: Output;
}

/**
 * Finds what a caller gave that cannot be used: an encoder that is finished, a texture or buffer of another device.
 * Objects of WebGPU do not tell whose they are, so each is tried out.
 */
export async function findFault(
  device: GPUDevice,
  { into, input: { source }, output }: Given,
): Promise<UsageError | undefined> {
  const { uniforms } = output;
  const [finished, foreignSource, foreignTarget, foreignUniforms] = await Promise.all([
    refusalOf(device, () => into.insertDebugMarker('depthwise')),
    refusalOf(device, () => trySource(device, source)),
    refusalOf(device, () => tryOutput(device, output)),
    uniforms ? refusalOf(device, () => tryBuffer(device, uniforms)) : null,
  ]);
  if (foreignSource) return foreign('source', source.label, foreignSource);
  if (foreignTarget) return foreign('target', output.target.label, foreignTarget);
  if (foreignUniforms) return foreign('uniforms', (uniforms as GPUBuffer).label, foreignUniforms);
  return finished ? encoderFault(finished) : undefined;
}

/** What the device has refused a recording for. */
export async function explainRefusal(device: GPUDevice, given: Given, cause: GPUError): Promise<UsageError> {
  return (await findFault(device, given)) ?? encoderFault(cause);
}

function encoderFault(cause: GPUError): UsageError {
  return new UsageError('ENCODE_ENCODER', `The encoder takes no commands any more: ${textOf(cause)}`, {
    hint: 'Await encode before the encoder is finished or its pass is ended.',
    phase: 'run',
    cause,
  });
}

function foreign(role: 'source' | 'target' | 'uniforms', label: string, cause: GPUError): UsageError {
  return new UsageError('ENCODE_DEVICE', `The ${role} "${label}" is not of the device that the model runs on.`, {
    hint: 'Make it on model.device, or load the model with your device: loadDepthModel(source, { device }).',
    phase: 'run',
    cause,
  });
}

function trySource(device: GPUDevice, source: Input['source']): void {
  if (isExternal(source)) tryBinding(device, source, { externalTexture: {} });
  else tryTexture(device, source, { texture: { sampleType: 'unfilterable-float' } });
}

function tryOutput(device: GPUDevice, { target, format }: Output): void {
  if (isRendered(format))
    tryCommand(device, (encoder) => {
      encoder.beginRenderPass(passOver(target as GPUTexture, format)).end();
    });
  else if (format !== 'buffer')
    tryTexture(device, target as GPUTexture, { storageTexture: { format, access: 'write-only' } });
  else tryBuffer(device, target as GPUBuffer);
}

function tryBuffer(device: GPUDevice, buffer: GPUBuffer): void {
  if (buffer.usage & BufferUsage.COPY_DST) tryCommand(device, (encoder) => encoder.clearBuffer(buffer, 0, 4));
  else tryBinding(device, { buffer }, { buffer: { type: 'storage' } });
}

/** Records what is never submitted. */
function tryCommand(device: GPUDevice, record: (encoder: GPUCommandEncoder) => void): void {
  const encoder = device.createCommandEncoder();
  record(encoder);
  encoder.finish();
}

function tryTexture(device: GPUDevice, texture: GPUTexture, entry: Partial<GPUBindGroupLayoutEntry>): void {
  tryBinding(device, texture.createView({ baseMipLevel: 0, mipLevelCount: 1 }), entry);
}

function tryBinding(device: GPUDevice, resource: GPUBindingResource, entry: Partial<GPUBindGroupLayoutEntry>): void {
  const visibility = 4; // GPUShaderStage.COMPUTE; the global is absent in Node
  const layout = device.createBindGroupLayout({ entries: [{ binding: 0, visibility, ...entry }] });
  device.createBindGroup({ layout, entries: [{ binding: 0, resource }] });
}
