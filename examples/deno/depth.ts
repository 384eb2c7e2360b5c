// The depth of a picture in Deno, on its own WebGPU. Deno copies no picture that it decoded to a texture, so sharp
// decodes it, through `depthwise/node`.
//   deno add npm:depthwise npm:sharp && deno run --allow-all --unstable-webgpu depth.ts photo.jpg depth.png
import { writeFile } from 'node:fs/promises';
import { loadDepthModel, readPicture } from 'depthwise/node';

const [photo = 'photo.jpg', output = 'depth.png'] = process.argv.slice(2);
const model = await loadDepthModel('nano', { gpu: navigator.gpu });
const depth = await model.estimate(await readPicture(photo));
await writeFile(output, await (await depth.toBlob('png', { colormap: 'inferno' })).bytes());
model.dispose();
