// The depth of every picture of a folder and of those inside it, as coloured PNGs under the same names; a picture that
// cannot be read is said and left out. Run it again, and it goes on where it was.
//   npm install depthwise webgpu sharp && node folder.js PHOTOS DEPTH
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ImageError, isPicture, loadDepthModel, readPicture } from 'depthwise/node';

const [photos = 'photos', output = 'depth'] = process.argv.slice(2);
const model = await loadDepthModel('nano');
try {
  for (const entry of await readdir(photos, { recursive: true, withFileTypes: true })) {
    const photo = join(entry.parentPath, entry.name);
    const file = join(output, `${relative(photos, photo)}.png`);
    try {
      if (!entry.isFile() || existsSync(file) || !(await isPicture(photo))) continue;
      const depth = await model.estimate(await readPicture(photo));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.part`, await (await depth.toBlob('png', { colormap: 'inferno' })).bytes());
      await rename(`${file}.part`, file); // so that a file that is there is whole
      depth.dispose();
      console.log(file);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      console.warn(`${photo}: ${error.message}`);
      process.exitCode = 1;
    }
  }
} finally {
  model.dispose(); // lets the process end
}
