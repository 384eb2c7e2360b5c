/**
 * The frames of a playing video: one each time it is asked for, always the newest, until the video ends.
 * @param waiting may give up on a frame by rejecting
 */
export async function* videoFrames(
  video: HTMLVideoElement,
  waiting: (frame: Promise<boolean>) => Promise<boolean>,
): AsyncGenerator<HTMLVideoElement, void, undefined> {
  while (await nextFrame(video, waiting)) yield video;
}

/** Waits for a new frame; false when the video ends instead. */
async function nextFrame(
  video: HTMLVideoElement,
  waiting: (frame: Promise<boolean>) => Promise<boolean>,
): Promise<boolean> {
  if (video.ended) return false;
  let stop = () => {};
  const frame = new Promise<boolean>((resolve) => {
    const ended = () => resolve(false);
    const handle = video.requestVideoFrameCallback(() => resolve(true));
    video.addEventListener('ended', ended);
    stop = () => {
      video.cancelVideoFrameCallback(handle);
      video.removeEventListener('ended', ended);
    };
  });
  try {
    return await waiting(frame);
  } finally {
    stop();
  }
}
