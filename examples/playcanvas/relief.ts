// A photograph in relief: PlayCanvas' vertex shader moves each vertex by the depth of its place. PlayCanvas makes the
// device and the texture, the model runs on the one and writes into the other: nothing is copied. The pointer turns it.
import * as pc from 'playcanvas';
import { loadDepthModel } from 'depthwise';
import nano from 'depthwise/nano';

const VERTEX = /* wgsl */ `
attribute aPosition: vec3f;
attribute aUv0: vec2f;
uniform matrix_model: mat4x4f;
uniform matrix_viewProjection: mat4x4f;
varying place: vec2f;
var depth: texture_2d<f32>; // nearness 0…1 in red
@vertex fn vertexMain(input: VertexInput) -> VertexOutput {
  let nearness = textureLoad(depth, vec2u(input.aUv0 * vec2f(textureDimensions(depth) - 1)), 0).r;
  var output: VertexOutput;
  output.place = input.aUv0;
  let moved = input.aPosition + vec3f(0, 0.5 * nearness, 0); // the plane faces y
  output.position = uniform.matrix_viewProjection * uniform.matrix_model * vec4f(moved, 1);
  return output;
}`;
const FRAGMENT = /* wgsl */ `
varying place: vec2f;
var photo: texture_2d<f32>;
var photoSampler: sampler;
@fragment fn fragmentMain(input: FragmentInput) -> FragmentOutput {
  var output: FragmentOutput;
  output.color = textureSample(photo, photoSampler, input.place);
  return output;
}`;

const image = await createImageBitmap(await (await fetch('/sample.jpg')).blob());
const { width, height } = image;
const canvas = Object.assign(document.querySelector('canvas')!, { width, height });
const graphics = await pc.createGraphicsDevice(canvas, { deviceTypes: [pc.DEVICETYPE_WEBGPU] });
const { wgpu: device } = graphics as unknown as { wgpu: GPUDevice };
const model = await loadDepthModel(nano, { device });

const size = { width, height, mipmaps: false };
const photo = new pc.Texture(graphics, { ...size, format: pc.PIXELFORMAT_RGBA8 });
photo.setSource(image as never); // it takes bitmaps, but its types do not say so
photo.upload();
const depth = new pc.Texture(graphics, { ...size, format: pc.PIXELFORMAT_RGBA16F, storage: true });
const gpuTexture = (of: pc.Texture) => (of.impl as { gpuTexture: GPUTexture }).gpuTexture;
const encoder = device.createCommandEncoder();
await model.encode(encoder, { source: gpuTexture(photo), target: gpuTexture(depth) });
device.queue.submit([encoder.finish()]);

const app = new pc.AppBase(canvas);
const componentSystems = [pc.RenderComponentSystem, pc.CameraComponentSystem];
app.init(Object.assign(new pc.AppOptions(), { graphicsDevice: graphics, componentSystems }));
const material = new pc.ShaderMaterial({
  uniqueName: 'relief',
  vertexWGSL: VERTEX,
  fragmentWGSL: FRAGMENT,
  attributes: { aPosition: pc.SEMANTIC_POSITION, aUv0: pc.SEMANTIC_TEXCOORD0 },
});
material.setParameter('photo', photo);
material.setParameter('depth', depth);
material.cull = pc.CULLFACE_NONE;
const grid = pc.Mesh.fromGeometry(graphics, new pc.PlaneGeometry({ widthSegments: 160, lengthSegments: 120 }));
const relief = new pc.Entity();
relief.addComponent('render', { meshInstances: [new pc.MeshInstance(grid, material)] });
relief.setLocalScale(width / height, 1, 1);
const camera = new pc.Entity();
camera.addComponent('camera', { clearColor: pc.Color.BLACK, fov: 30 });
camera.setPosition(0, 0, 3);
for (const entity of [relief, camera]) app.root.addChild(entity);
function turn(yaw: number, pitch: number): void {
  relief.setEulerAngles(90 + pitch, yaw, 0); // degrees; upright and facing the camera at 0, 0
  app.renderNextFrame = true;
}
canvas.onpointermove = ({ offsetX, offsetY }) => turn(60 * (offsetX / width - 0.5), 60 * (offsetY / height - 0.5));
app.autoRender = false;
app.start();
turn(25, 15);
