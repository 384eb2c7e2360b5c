// The depth of a picture in colours, without a bundler: any file server does. The import map of the page says where npm
// put the package.
import { loadDepthModel } from 'depthwise';
import nano from 'depthwise/nano';

const image = document.querySelector('img');
await image.decode();

const model = await loadDepthModel(nano);
const depth = await model.estimate(image);
await depth.draw(document.querySelector('canvas'), { colormap: 'inferno' });
model.dispose();
