import { UsageError } from '../errors.js';
import { BufferUsage } from '../gpu/buffers.js';
import { textOf } from '../gpu/scoped.js';
import { isExternal, passOf, type EncodeInto, type Input, type Output } from './encode_targets.js';
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
 * Finds what a caller gave that cannot be used: an encoder that is finished, an encoder, a texture or a buffer of
 * another device. Objects of WebGPU do not tell whose they are, so each is tried out. Only of a compute pass that is
 * open nothing can be found out: its device refuses it when its encoder is finished.
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
  if (finished) return encoderFault(finished);
  return passOf(into) ? undefined : tryEncoder(device, into as GPUCommandEncoder);
}

/**
 * Whether a compute pass that was ended is of another device. To end it again is refused by the device that has it, at
 * once, and changes nothing: an encoder keeps to itself what else is wrong until it is finished.
 */
export async function isForeign(device: GPUDevice, ended: GPUComputePassEncoder): Promise<boolean> {
  if (await refusalOf(device, () => ended.end())) return false;
  // A device that is lost refuses nothing, of nobody.
  const own = device.createCommandEncoder().beginComputePass();
  own.end();
  return (await refusalOf(device, () => own.end())) !== null;
}

/** Records an empty pass. */
async function tryEncoder(device: GPUDevice, encoder: GPUCommandEncoder): Promise<UsageError | undefined> {
  let foreign: Promise<boolean> | undefined;
  const finished = await refusalOf(device, () => {
    const pass = encoder.beginComputePass({ label: 'depthwise' });
    pass.end();
    foreign = isForeign(device, pass);
  });
  if (finished) return encoderFault(finished);
  return (await foreign) ? foreignEncoder(encoder) : undefined;
}

/** What is said of an encoder of another device. */
export function foreignEncoder({ label }: EncodeInto): UsageError {
  return foreign('encoder', label);
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

function foreign(role: 'encoder' | 'source' | 'target' | 'uniforms', label: string, cause?: GPUError): UsageError {
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
