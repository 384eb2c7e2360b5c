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
  let size = vec2f(textureDimensions(depth));
  let texel = vec2u(min(input.aUv0 * size, size - 1));
  let nearness = textureLoad(depth, texel, 0).r;
  var output: VertexOutput;
  output.place = input.aUv0;
  // The plane lies in x and z and faces y.
  let moved = input.aPosition + vec3f(0, 0.5 * nearness, 0);
  output.position = uniform.matrix_viewProjection * uniform.matrix_model * vec4f(moved, 1);
  return output;
}`;
const FRAGMENT = /* wgsl */ `
varying place: vec2f;
var photo: texture_2d<f32>;
var photoSampler: sampler;
@fragment fn fragmentMain(input: FragmentInput) -> FragmentOutput {
  var output: FragmentOutput;
  output.color = textureSample(photo, photoSampler, place);
  return output;
}`;

const image = Object.assign(new Image(), { src: '/sample.jpg' });
await image.decode();
const { width, height } = image;
const canvas = Object.assign(document.querySelector('canvas')!, { width, height });
const graphics = await pc.createGraphicsDevice(canvas, { deviceTypes: [pc.DEVICETYPE_WEBGPU] });
const { wgpu: device } = graphics as unknown as { wgpu: GPUDevice };
const model = await loadDepthModel(nano, { device });

const texture = (format: number, storage: boolean) =>
  new pc.Texture(graphics, { width, height, format, storage, mipmaps: false });
const photo = texture(pc.PIXELFORMAT_RGBA8, false);
photo.setSource(image);
const depth = texture(pc.PIXELFORMAT_RGBA16F, true);
const gpuTexture = (of: pc.Texture) => (of.impl as { gpuTexture: GPUTexture }).gpuTexture;
photo.upload();
const encoder = device.createCommandEncoder();
await model.encode(encoder, { source: gpuTexture(photo), target: gpuTexture(depth) });
device.queue.submit([encoder.finish()]);

const app = new pc.AppBase(canvas);
const options = new pc.AppOptions();
options.graphicsDevice = graphics;
options.componentSystems = [pc.RenderComponentSystem, pc.CameraComponentSystem];
app.init(options);
const material = new pc.ShaderMaterial({
  uniqueName: 'relief',
  vertexWGSL: VERTEX,
  fragmentWGSL: FRAGMENT,
  attributes: { aPosition: pc.SEMANTIC_POSITION, aUv0: pc.SEMANTIC_TEXCOORD0 },
});
material.setParameter('photo', photo);
material.setParameter('depth', depth);
material.cull = pc.CULLFACE_NONE;
const grid = new pc.PlaneGeometry({ halfExtents: new pc.Vec2(width / height / 2, 0.5), widthSegments: 160, lengthSegments: 120 });
const relief = new pc.Entity();
relief.addComponent('render', { meshInstances: [new pc.MeshInstance(pc.Mesh.fromGeometry(graphics, grid), material)] });
const camera = new pc.Entity();
camera.addComponent('camera', { clearColor: pc.Color.BLACK, fov: 30 });
camera.setPosition(0, 0, 2.5);
app.root.addChild(relief);
app.root.addChild(camera);
canvas.onpointermove = ({ offsetX, offsetY }) => relief.setEulerAngles(60 + offsetY / 10, 0, offsetX / 10 - 40);
relief.setEulerAngles(105, 0, -25);
app.start();
