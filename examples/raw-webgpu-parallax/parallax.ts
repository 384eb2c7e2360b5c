// A picture that moves under the pointer: each frame records depth and parallax into one encoder, and submits once.
import { loadDepthModel } from 'depthwise';
import nano from 'depthwise/nano';

const SHADER = /* wgsl */ `
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var depth: texture_2d<f32>; // nearness 0…1 in red
@group(0) @binding(2) var linear: sampler;
@group(0) @binding(3) var<uniform> eye: vec2f; // how far the nearest moves, as part of the picture

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) uv: vec2f,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
  let place = vec2f(f32((index & 1) * 2), f32(index & 2)); // one triangle over the whole canvas
  return Corner(vec4f(2 * place.x - 1, 1 - 2 * place.y, 0, 1), place);
}

@fragment
fn color(@location(0) uv: vec2f) -> @location(0) vec4f {
  var seen = uv;
  // Steps towards the pixel that moves to here.
  for (var i = 0; i < 8; i++) { seen = uv - eye * textureSampleLevel(depth, linear, seen, 0).r; }
  return textureSampleLevel(picture, linear, seen, 0);
}`;

const model = await loadDepthModel(nano);
const { device } = model;
const image = await createImageBitmap(await (await fetch('/sample.jpg')).blob());
const { width, height } = image;
const canvas = Object.assign(document.querySelector('canvas')!, { width, height });
const context = canvas.getContext('webgpu')!;
const format = navigator.gpu.getPreferredCanvasFormat();
context.configure({ device, format });

const { TEXTURE_BINDING, STORAGE_BINDING, COPY_DST, RENDER_ATTACHMENT } = GPUTextureUsage;
const texture = (format: GPUTextureFormat, usage: number) =>
  device.createTexture({ size: [width, height], format, usage: usage | TEXTURE_BINDING });
const picture = texture('rgba8unorm', COPY_DST | RENDER_ATTACHMENT);
device.queue.copyExternalImageToTexture({ source: image }, { texture: picture }, [width, height]);
const depth = texture('rgba16float', STORAGE_BINDING);
const eye = device.createBuffer({ size: 8, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });

const module = device.createShaderModule({ code: SHADER });
const pipeline = device.createRenderPipeline({
  layout: 'auto',
  vertex: { module },
  fragment: { module, targets: [{ format }] },
});
const linear = device.createSampler({ magFilter: 'linear', minFilter: 'linear' });
const resources = [picture.createView(), depth.createView(), linear, { buffer: eye }];
const entries = resources.map((resource, binding) => ({ binding, resource }));
const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });

async function draw(x: number, y: number): Promise<void> {
  device.queue.writeBuffer(eye, 0, new Float32Array([x, y]));
  const encoder = device.createCommandEncoder();
  await model.encode(encoder, { source: picture, target: depth });
  const view = context.getCurrentTexture().createView();
  const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] });
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.draw(3);
  pass.end();
  device.queue.submit([encoder.finish()]);
}

await model.prepare({ width, height, target: depth });
await draw(0, 0);
canvas.onpointermove = ({ offsetX, offsetY }) =>
  draw(0.1 * (offsetX / canvas.clientWidth - 0.5), 0.1 * (offsetY / canvas.clientHeight - 0.5));
