// The depth of a camera, as it comes. The loop takes the newest frame each time, so depth never lags behind; `steady`
// keeps it from flickering. It ends when the camera does, or when the page is left.
import { loadDepthModel } from 'depthwise';
import nano from 'depthwise/nano';

const canvas = document.querySelector('canvas')!;
const stop = new AbortController();
addEventListener('pagehide', () => stop.abort());

const model = await loadDepthModel(nano);
const camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
const video = Object.assign(document.createElement('video'), { srcObject: camera, muted: true });
await video.play();

try {
  for await (const depth of model.stream(video, { steady: true, signal: stop.signal })) {
    await depth.draw(canvas, { colormap: 'inferno', span: 'percentiles' });
    depth.dispose();
  }
} catch (error) {
  if ((error as Error).name !== 'AbortError') throw error;
} finally {
  for (const track of camera.getTracks()) track.stop();
  model.dispose();
}
