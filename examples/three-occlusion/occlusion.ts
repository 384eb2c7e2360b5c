// A ball behind the near cars of a photograph: the picture's depth goes into three.js' depth buffer. The renderer takes
// the model's device and reads the texture that the model wrote: nothing is copied. The pointer moves the ball.
import { loadDepthModel } from 'depthwise';
import nano from 'depthwise/nano';
import { cameraFar, cameraNear, mix, positionGeometry, texture, uv, vec4, viewZToPerspectiveDepth } from 'three/tsl';
import * as THREE from 'three/webgpu';

const [NEAREST, FARTHEST] = [2, 30]; // a relative map says how near things are, not where: this is our choice
const photo = await new THREE.TextureLoader().loadAsync('/sample.jpg');
photo.colorSpace = THREE.SRGBColorSpace;
const model = await loadDepthModel(nano);
const depth = await (await model.estimate(photo.image)).texture(); // nearness 0…1 in red

const nearness = texture(new THREE.ExternalTexture(depth), uv().flipY()).r;
const distance = mix(1 / FARTHEST, 1 / NEAREST, nearness).reciprocal();
const backdrop = new THREE.MeshBasicNodeMaterial({ map: photo });
backdrop.vertexNode = vec4(positionGeometry.xy, 0, 1); // over the whole canvas
backdrop.depthNode = viewZToPerspectiveDepth(distance.negate(), cameraNear, cameraFar);

const ball = new THREE.Mesh(new THREE.SphereGeometry(1), new THREE.MeshStandardMaterial({ color: 'orangered' }));
const light = new THREE.DirectionalLight('white', 2);
light.position.set(-1, 2, 2);
const scene = new THREE.Scene();
scene.add(new THREE.Mesh(new THREE.PlaneGeometry(2, 2), backdrop), ball, light, new THREE.AmbientLight('white', 0.5));
const camera = new THREE.PerspectiveCamera(47, photo.image.width / photo.image.height, 0.1, 100);

const renderer = new THREE.WebGPURenderer({ device: model.device, antialias: true });
renderer.setSize(photo.image.width, photo.image.height);
document.body.append(renderer.domElement);
await renderer.init();
const draw = (x: number, z: number) => renderer.render(scene, (ball.position.set(x, -0.5, z), camera));
renderer.domElement.onpointermove = ({ offsetX, offsetY }) => draw(offsetX / 100 - 4, offsetY / 30 - 20);
draw(0, -7);
