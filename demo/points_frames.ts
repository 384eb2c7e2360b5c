import { createGeometry, type DepthScene } from 'depthwise/views';
import wgsl from './points.wgsl?raw';
import type { Frames, Moment, Target } from './scene_frames.js';

/** Part of a pixel's size that its point has: what lies behind is seen between points. */
const FILL = 0.9;
/** Points nearer than this part of the scene's nearest distance are not drawn. */
const NEAREST = 0.02;
const RADIANS = Math.PI / 180;
const ROW_ALIGNMENT = 256;

/** The points of a scene, from the camera that goes round its mesh. */
export async function pointsFrames(scene: DepthScene, { width, height, format }: Required<Target>): Promise<Frames> {
  const { device } = scene;
  const geometry = await createGeometry(scene);
  const module = device.createShaderModule({ label: 'points', code: wgsl });
  const pipeline = await device.createRenderPipelineAsync({
    label: 'points',
    layout: 'auto',
    vertex: {
      module,
      buffers: [
        { arrayStride: 12, stepMode: 'instance', attributes: [{ shaderLocation: 0, offset: 0, format: 'float32x3' }] },
        { arrayStride: 4, stepMode: 'instance', attributes: [{ shaderLocation: 1, offset: 0, format: 'unorm8x4' }] },
      ],
    },
    fragment: { module, targets: [{ format }] },
    primitive: { topology: 'triangle-strip' },
    depthStencil: { format: 'depth32float', depthWriteEnabled: true, depthCompare: 'greater' },
  });
  const uniform = device.createBuffer({ size: 80, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const bound = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: uniform } }],
  });
  const texture = (of: GPUTextureFormat, usage = 0) =>
    device.createTexture({ size: [width, height], format: of, usage: GPUTextureUsage.RENDER_ATTACHMENT | usage });
  const depth = texture('depth32float');
  let offscreen: GPUTexture | undefined;
  let configured = false;
  let last: number | undefined;
  const encode = (encoder: GPUCommandEncoder, target: GPUTexture, { settings, frame }: Moment) => {
    if (frame !== last) geometry.encode(encoder);
    last = frame;
    device.queue.writeBuffer(uniform, 0, uniformsOf(scene, settings, geometry.columns, width / height));
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view: target.createView(), loadOp: 'clear', storeOp: 'store', clearValue: [0, 0, 0, 0] }],
      depthStencilAttachment: {
        view: depth.createView(),
        depthClearValue: 0,
        depthLoadOp: 'clear',
        depthStoreOp: 'discard',
      },
    });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bound);
    pass.setVertexBuffer(0, geometry.positions);
    pass.setVertexBuffer(1, geometry.colors);
    pass.draw(4, geometry.vertexCount);
    pass.end();
  };
  return {
    draw(canvas, moment) {
      const context = canvas.getContext('webgpu');
      if (!context) throw new Error('This browser gives no canvas for WebGPU.');
      if (!configured) {
        Object.assign(canvas, { width, height });
        context.configure({ device, format, alphaMode: 'premultiplied' });
        configured = true;
      }
      const encoder = device.createCommandEncoder({ label: 'points' });
      encode(encoder, context.getCurrentTexture(), moment);
      device.queue.submit([encoder.finish()]);
    },
    async read(moment) {
      offscreen ??= texture(format, GPUTextureUsage.COPY_SRC);
      const encoder = device.createCommandEncoder({ label: 'points' });
      encode(encoder, offscreen, moment);
      return { data: await readPixels(device, encoder, offscreen), width, height };
    },
    dispose() {
      geometry.dispose();
      for (const made of [uniform, depth, offscreen]) made?.destroy();
    },
  };
}

/** The camera of `SceneView` with yaw, pitch and zoom, for points in space. */
function uniformsOf(
  { near, far, lens, width }: DepthScene,
  { yaw, pitch, zoom }: Moment['settings'],
  columns: number,
  aspect: number,
): Float32Array<ArrayBuffer> {
  const [cy, sy] = [Math.cos(yaw * RADIANS), Math.sin(yaw * RADIANS)];
  const [cp, sp] = [Math.cos(pitch * RADIANS), Math.sin(pitch * RADIANS)];
  const pivot = 2 / (1 / near + 1 / far);
  const fx = (2 * zoom * lens.focalLength) / width;
  const fy = fx * aspect;
  const half = (FILL * width) / (2 * columns * lens.focalLength);
  return Float32Array.of(
    ...[fx * cy, fy * sp * sy, 0, -cp * sy],
    ...[0, fy * cp, 0, sp],
    ...[-fx * sy, fy * sp * cy, 0, -cp * cy],
    ...[-fx * sy * pivot, fy * sp * cy * pivot, near * NEAREST, pivot - cp * cy * pivot],
    ...[fx * half, fy * half, 0, 0],
  );
}

/** Submits what is recorded and reads a texture of four bytes a texel, without gaps between rows. */
async function readPixels(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  texture: GPUTexture,
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = texture;
  const bytesPerRow = Math.ceil((4 * width) / ROW_ALIGNMENT) * ROW_ALIGNMENT;
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = device.createBuffer({ size: bytesPerRow * height, usage });
  try {
    encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow }, [width, height]);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const padded = new Uint8Array(staging.getMappedRange());
    const pixels = new Uint8Array(4 * width * height);
    for (let y = 0; y < height; y++)
      pixels.set(padded.subarray(y * bytesPerRow, y * bytesPerRow + 4 * width), 4 * width * y);
    return pixels;
  } finally {
    staging.destroy();
  }
}
