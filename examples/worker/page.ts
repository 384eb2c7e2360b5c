// The same calls, but a worker owns the GPU device and the weights: the page never waits. What comes back is drawn on
// a canvas of the page. The picture is a file that is dropped on the page, or the sample.
import { loadDepthModel } from 'depthwise/worker';
import nano from 'depthwise/nano';

const canvas = document.querySelector('canvas')!;
const model = await loadDepthModel(nano);

async function show(picture: Blob | string): Promise<void> {
  using depth = await model.estimate(picture, { queue: 'latest' });
  await depth.draw(canvas, { colormap: 'turbo' });
}

document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file) void show(file);
};
await show('/sample.jpg');
