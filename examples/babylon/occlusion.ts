// A ball behind the near cars of a photograph: the picture's depth goes into Babylon's depth buffer. The model runs on
// Babylon's device, and Babylon wraps the texture that it wrote: nothing is copied. The pointer moves the ball.
import { FreeCamera } from '@babylonjs/core/Cameras/freeCamera.js';
import { WebGPUEngine } from '@babylonjs/core/Engines/webgpuEngine.js';
import { HemisphericLight } from '@babylonjs/core/Lights/hemisphericLight.js';
import { ShaderLanguage } from '@babylonjs/core/Materials/shaderLanguage.js';
import { ShaderMaterial } from '@babylonjs/core/Materials/shaderMaterial.js';
import { StandardMaterial } from '@babylonjs/core/Materials/standardMaterial.js';
import { BaseTexture } from '@babylonjs/core/Materials/Textures/baseTexture.js';
import { Texture } from '@babylonjs/core/Materials/Textures/texture.js';
import { Color3 } from '@babylonjs/core/Maths/math.color.js';
import { Vector3, Vector4 } from '@babylonjs/core/Maths/math.vector.js';
import { CreatePlane } from '@babylonjs/core/Meshes/Builders/planeBuilder.js';
import { CreateSphere } from '@babylonjs/core/Meshes/Builders/sphereBuilder.js';
import { Scene } from '@babylonjs/core/scene.js';
import { loadDepthModel } from 'depthwise';
import nano from 'depthwise/nano';

const VERTEX = `
attribute position: vec3f;
varying place: vec2f;
@vertex fn main(input: VertexInputs) -> FragmentInputs {
  vertexOutputs.place = vertexInputs.position.xy + 0.5;
  vertexOutputs.position = vec4f(2 * vertexInputs.position.xy, 0, 1); // over the whole canvas
}`;
const FRAGMENT = `
varying place: vec2f;
uniform span: vec4f; // distances of the nearest and the farthest, near and far of the camera
var photo: texture_2d<f32>;
var photoSampler: sampler;
var depth: texture_2d<f32>; // nearness 0…1 in red
var depthSampler: sampler;
@fragment fn main(input: FragmentInputs) -> FragmentOutputs {
  let uv = vec2f(fragmentInputs.place.x, 1 - fragmentInputs.place.y);
  let inverse = mix(1 / uniforms.span.y, 1 / uniforms.span.x, textureSample(depth, depthSampler, uv).r);
  let ends = uniforms.span.zw;
  fragmentOutputs.fragDepth = clamp(ends.y * (1 - ends.x * inverse) / (ends.y - ends.x), 0, 1);
  fragmentOutputs.color = textureSample(photo, photoSampler, uv);
}`;

const image = Object.assign(new Image(), { src: '/sample.jpg' });
await image.decode();
const canvas = Object.assign(document.querySelector('canvas')!, { width: image.width, height: image.height });
const engine = new WebGPUEngine(canvas, { antialias: true });
await engine.initAsync();
const model = await loadDepthModel(nano, { device: engine._device });
const depth = await (await model.estimate(image)).texture();

const scene = new Scene(engine);
const camera = new FreeCamera('camera', Vector3.Zero(), scene);
[camera.fov, camera.minZ, camera.maxZ] = [0.82, 0.1, 100];
const shaders = { vertexSource: VERTEX, fragmentSource: FRAGMENT };
const backdrop = new ShaderMaterial('backdrop', scene, shaders, {
  attributes: ['position'],
  uniforms: ['span'],
  samplers: ['photo', 'depth'],
  shaderLanguage: ShaderLanguage.WGSL,
});
backdrop.setVector4('span', new Vector4(2, 30, camera.minZ, camera.maxZ));
backdrop.setTexture('photo', new Texture('/sample.jpg', scene, { invertY: false }));
const wrapped = engine.wrapWebGPUTexture(depth);
engine.updateWrappedWebGPUTexture(wrapped, depth); // makes the view that shaders read
backdrop.setTexture('depth', new BaseTexture(scene, wrapped));
const plane = CreatePlane('plane', { size: 1 }, scene);
[plane.material, plane.alwaysSelectAsActiveMesh] = [backdrop, true];

new HemisphericLight('light', new Vector3(-1, 2, -2), scene);
const ball = CreateSphere('ball', { diameter: 2 }, scene);
ball.material = Object.assign(new StandardMaterial('red', scene), { diffuseColor: Color3.FromHexString('#ff4500') });
await scene.whenReadyAsync();
function draw(x: number, z: number): void {
  ball.position.set(x, -0.5, z);
  engine.beginFrame();
  scene.render();
  engine.endFrame();
}
canvas.onpointermove = ({ offsetX, offsetY }) => draw(offsetX / 100 - 4, 20 - offsetY / 30);
draw(0, 7);
