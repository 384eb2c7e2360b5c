/** How a `ts` or `tsx` block is run. Text before and after it belongs to the test. */
export interface Example {
  /** A page in Chromium, a process of Node or of Deno, or `types`: only checked against the declarations. */
  readonly in: 'page' | 'node' | 'deno' | 'types';
  /** Why it is not run, where it is not. */
  readonly why?: string;
  /** What the block takes for granted. */
  readonly before?: string;
  /** What its results have to be. */
  readonly after?: string;
  /** Whether it ends in an `AbortError`, as the visitor leaves. */
  readonly aborts?: boolean;
  /** Name of its file, where another block names it. */
  readonly file?: string;
}

const IMAGE = 'const image = await given.picture();';
const CANVAS = "const canvas = given.element('canvas');";

/** Every `ts` and `tsx` block of the README and the cookbook. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  'README.md#five-lines': { in: 'page', before: `${IMAGE}\n${CANVAS}`, after: 'given.drawn(canvas);' },
  'README.md#five-lines/2': { in: 'node', after: "await given.starts('depth.png', '\\x89PNG');" },
  'docs/cookbook.md#progress-and-cancelling': {
    in: 'page',
    before: `${IMAGE}\nconst button = given.element('button');\nconst bar = given.element('progress');`,
    after: `given.check(bar.value === bar.max && bar.max > 1e6, 'the bar is not full');
given.varied(await depth.read(), 'the map');
model.dispose();
stop.abort();
const late = await loadDepthModel('depth-anything-v2-small', { signal: stop.signal }).catch((error) => error.name);
given.check(late === 'AbortError', 'a cancelled load does not reject with an AbortError');`,
  },
  'docs/cookbook.md#camera': {
    in: 'page',
    before: `${CANVAS}\nconst signal = given.leaveOnceDrawn(canvas);`,
    aborts: true,
  },
  'docs/cookbook.md#video': {
    in: 'page',
    before: `${CANVAS}\nconst videoUrl = await given.film();`,
    after: 'given.drawn(canvas);\nmodel.dispose();',
  },
  'docs/cookbook.md#video/2': {
    in: 'page',
    before: `${CANVAS}
const video = Object.assign(document.createElement('video'), { src: await given.film(), muted: true });`,
    after: 'given.drawn(canvas);\nmodel.dispose();',
  },
  'docs/cookbook.md#folder/3': { in: 'node', after: "await given.starts('depth/photo.png.npy', '\\x93NUMPY');" },
  'docs/cookbook.md#heic-in-a-page': {
    in: 'types',
    why: 'it takes a package of another: test/unit/image/heif_items.test.ts and test/page/files.test.ts run it',
    before: `const file = new Blob();\n${CANVAS}`,
  },
  'docs/cookbook.md#metres': {
    in: 'node',
    after: `given.check(String(depth.unit) === 'metre' && centre! > 0 && centre! < 20, \`it says \${centre}\`);`,
  },
  'docs/cookbook.md#from-relative-to-metres': {
    in: 'node',
    after: `const metres = toMetres(Float32Array.of(3, 1, 2, 0.5), [3, 1], [1, 2]);
given.check(metres[0] === 1 && metres[1] === 2 && Math.abs(metres[2]! - 4 / 3) < 1e-6, \`it gives \${metres}\`);`,
  },
  'docs/cookbook.md#numbers-from-0-to-1': {
    in: 'page',
    before: IMAGE,
    after: `given.check(Math.min(...nearness) === 0 && Math.max(...nearness) === 1, 'the ends are not 0 and 1');
given.check(values.indexOf(max) === nearness.indexOf(1), 'the nearest is not 1');
model.dispose();`,
  },
  'docs/cookbook.md#8-bit-and-16-bit-png': {
    in: 'node',
    after: `await given.starts('grey.png', '\\x89PNG');
given.varied(data, 'the file');
given.check(semantics?.kind === 'relative-inverse', 'the file does not say what it holds');`,
  },
  'docs/cookbook.md#scores-and-losses': {
    in: 'node',
    after: `given.check(absRel < 0.1 && delta === 1, \`it says \${absRel}, \${delta}\`);
given.check(loss > 0 && loss < 1 && Math.abs(shares[0]! - 0.8) < 1e-9, \`it says \${loss}, \${shares}\`);`,
  },
  'docs/cookbook.md#point-cloud': { in: 'node', after: "await given.starts('points.ply', 'ply\\n');" },
  'docs/cookbook.md#stereo-pair': {
    in: 'page',
    before: `${IMAGE}\n${CANVAS}`,
    after: `given.varied(aside.data, 'the view');
given.varied((await stereo.read()).data, 'the pair');
model.dispose();`,
  },
  'docs/cookbook.md#glb-file/2': { in: 'node', after: "await given.starts('mesh.glb', 'glTF');" },
  'docs/cookbook.md#nano-in-a-page': {
    in: 'page',
    before: `${IMAGE}\n${CANVAS}`,
    after: 'given.drawn(canvas);\nmodel.dispose();',
  },
  'docs/cookbook.md#deno/2': {
    in: 'deno',
    after: `await given.starts('deno.png', '\\x89PNG');
given.check('Deno' in globalThis, 'this is not Deno');`,
  },
  'docs/cookbook.md#vite-and-react': {
    in: 'page',
    before: "import { createRoot } from 'react-dom/client';",
    after: `const root = createRoot(given.element('div'));
root.render(<DepthPicture src="/photo.png" />);
await given.drawnSoon(() => document.querySelector('div canvas'));
root.unmount();`,
  },
  'docs/cookbook.md#worker': {
    in: 'types',
    why: 'it takes the library as published: test/e2e/worker.test.ts',
    before: `${IMAGE}\n${CANVAS}\nconst video = document.createElement('video');`,
  },
  'docs/cookbook.md#worker/2': { in: 'types', why: 'the block after it starts it', file: 'worker.ts' },
  'docs/cookbook.md#worker/3': {
    in: 'page',
    before: IMAGE,
    after: `given.check(values.length === width * height, 'the map has another size');
given.varied(values, 'the map');
worker.terminate();`,
  },
  'docs/cookbook.md#self-hosted-weights': {
    in: 'page',
    after: "given.check(model.info.name === 'nano', 'it is another model');\nmodel.dispose();",
  },
  'docs/cookbook.md#self-hosted-weights/2': { in: 'types', why: 'it names a host that does not exist' },
  'docs/cookbook.md#cache': {
    in: 'page',
    before: "given.check((await caches.keys()).length > 0, 'no weights were kept before');",
    after: "given.check((await caches.keys()).length === 0, 'something is left in the cache');",
  },
  'docs/cookbook.md#cache/2': { in: 'node' },
  'docs/cookbook.md#your-own-device': {
    in: 'page',
    before: IMAGE,
    after: `given.varied(await depth.read(), 'the map');
given.check(buffer.size === 4 * depth.width * depth.height, 'the buffer has another size');
given.check(texture.format === 'rgba16float', 'the texture has another format');`,
  },
  'docs/cookbook.md#your-own-texture': {
    in: 'page',
    before: 'const device = await given.device();\nconst videoTexture = await given.texture(device);',
    after: `given.varied(await given.texels(device, target), 'the texture');\nmodel.dispose();`,
  },
  'docs/cookbook.md#memory': {
    in: 'page',
    after:
      `given.check(smaller.activations < activations && weights > 1e6, 'smaller is not ` +
      `smaller');\nmodel.dispose();`,
  },
  'docs/cookbook.md#errors': { in: 'page' },
};

/** How a line of a shell block is run, in a folder with photo.jpg, clip.mp4 and the folder photos. */
export interface Command {
  /** Files that it makes. */
  readonly makes?: readonly string[];
  /** What it takes that not every machine has. */
  readonly needs?: 'ffmpeg';
  /** Why it is not run, where it is not. */
  readonly why?: string;
}

const REGISTRY = 'it asks the package registry; the other commands run what it would install';

/** Every line of a shell block of the README and the cookbook. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  'npm install depthwise': { why: REGISTRY },
  'npm install depthwise webgpu sharp': { why: REGISTRY },
  'npm install @gltf-transform/core @gltf-transform/extensions': { why: REGISTRY },
  'deno add npm:depthwise npm:sharp': { why: REGISTRY },
  'deno run --allow-all --unstable-webgpu depth.ts': { why: 'the block below it is depth.ts, and is run' },
  'npx depthwise photo.jpg': { makes: ['photo-nano.png'] },
  'npx depthwise photo.jpg --ply --glb --exr --normals': {
    makes: ['photo-nano.ply', 'photo-nano.glb', 'photo-nano.exr', 'photo-nano-normals.png'],
  },
  'npx depthwise photos -o depth --png16 --side': { makes: ['depth/photo-nano.png', 'depth/photo-nano-16bit.png'] },
  'npx depthwise photos -o depth --png16': { makes: ['depth/photo-nano-16bit.png', 'depth/photo-nano.json'] },
  'npx depthwise photos -o depth --skip-existing --shard 1/2': {},
  'npx depthwise photos -o depth --skip-existing --shard 2/2': { makes: ['depth/photo-nano.png'] },
  'npx depthwise clip.mp4 --steady': { makes: ['clip-nano.mp4'], needs: 'ffmpeg' },
  'npx depthwise clip.mp4 --codec vp9 --stereo sbs': { why: 'it takes long; test/long/clips.test.ts does the same' },
  'npx depthwise clip.mp4 --frames png16': {
    makes: ['clip-nano/000001.png', 'clip-nano/timestamps.txt'],
    needs: 'ffmpeg',
  },
  'npx depthwise convert weights.pt weights.safetensors --f16': { makes: ['weights.safetensors'] },
  'npx depthwise photo.jpg --confidence --npy': {
    makes: ['photo-nano-confidence.png', 'photo-nano-confidence.npy'],
  },
  'npx depthwise eval --suite failures -m nano -o report': { why: 'test/long/suite.test.ts runs it: a minute' },
  'npx depthwise compare --models nano,midas-v2.1-small=midas_v21_small_256.pt photos -o report': {
    makes: ['report/index.html', 'report/scores.json'],
  },
  'npx depthwise --help': {},
  'npx depthwise info': {},
  'npx depthwise models': {},
  'npx depthwise photo.jpg --model midas-v2.1-small --weights midas_v21_small_256.pt': {
    makes: ['photo-midas-v2.1-small.png'],
  },
  'npm run depth -- photo.jpg': { makes: ['photo-nano.png'] },
  'npm test': { why: 'it is what runs this' },
};
