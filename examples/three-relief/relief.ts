// A photograph in relief, as a mesh and as points: three.js' vertex shader moves each vertex by the depth of its place.
// The model runs on the renderer's device and three.js reads the texture that it wrote: nothing is copied. The pointer
// turns both.
import { loadDepthModel } from 'depthwise';
import nano from 'depthwise/nano';
import { positionLocal, texture, uv, vec3 } from 'three/tsl';
import * as THREE from 'three/webgpu';

const RELIEF = 0.5; // how far the nearest stands out, as part of the picture's height

const photo = await new THREE.TextureLoader().loadAsync('/sample.jpg');
photo.colorSpace = THREE.SRGBColorSpace;
const { width, height } = photo.image;

const renderer = new THREE.WebGPURenderer({ antialias: true });
renderer.setSize(800, 400);
document.body.append(renderer.domElement);
await renderer.init();

const { device } = renderer.backend as unknown as { device: GPUDevice };
const model = await loadDepthModel(nano, { device });
const depth = await (await model.estimate(photo.image)).texture(); // rgba16float: nearness 0…1 in red

// The first row of the texture is the top of the picture, where v is 1.
const nearness = texture(new THREE.ExternalTexture(depth), uv().flipY()).r;
const positionNode = positionLocal.add(vec3(0, 0, nearness.mul(RELIEF)));
const materials = { map: photo, side: THREE.DoubleSide } as const;
const mesh = new THREE.MeshBasicNodeMaterial(materials);
const dots = new THREE.PointsNodeMaterial({ map: photo });
for (const material of [mesh, dots]) material.positionNode = positionNode;

const grid = new THREE.PlaneGeometry(width / height, 1, 160, 120);
const left = new THREE.Mesh(grid, mesh);
const right = new THREE.Points(grid, dots);
left.position.x = -0.75;
right.position.x = 0.75;
const scene = new THREE.Scene();
scene.background = new THREE.Color('black');
scene.add(left, right);
const camera = new THREE.PerspectiveCamera(30, 2, 0.1, 10);
camera.position.z = 3.1;

function draw(yaw: number, pitch: number): void {
  for (const object of [left, right]) object.rotation.set(pitch, yaw, 0);
  renderer.render(scene, camera);
}
renderer.domElement.onpointermove = ({ offsetX, offsetY }) => draw(offsetX / 400 - 1, offsetY / 400 - 0.5);
draw(0.5, 0.3);
