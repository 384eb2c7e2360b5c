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

/**
 * The newest picture of a sequence each time one is asked for: the sequence is read on meanwhile, and what a newer one
 * replaces is closed.
 * @param waiting may give up on a picture by rejecting
 */
export async function* newest<T>(
  source: AsyncIterable<T>,
  waiting: (picture: Promise<void>) => Promise<void>,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const state: { latest: { picture: T } | undefined; over: boolean; fault: unknown } = {
    latest: undefined,
    over: false,
    fault: undefined,
  };
  let wake = (): void => {};
  const readOn = async (): Promise<void> => {
    for (let next = await iterator.next(); !next.done && !state.over; next = await iterator.next()) {
      close(state.latest?.picture);
      state.latest = { picture: next.value };
      wake();
      // A sequence that never waits leaves other tasks their turn.
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  void readOn()
    .catch((fault: unknown) => (state.fault = { fault }))
    .finally(() => {
      state.over = true;
      wake();
    });
  try {
    for (;;) {
      if (!state.latest && !state.over) await waiting(new Promise((resolve) => (wake = resolve)));
      const { latest } = state;
      state.latest = undefined;
      if (latest) yield latest.picture;
      else if (state.fault) throw (state.fault as { fault: unknown }).fault;
      else if (state.over) return;
    }
  } finally {
    state.over = true;
    close(state.latest?.picture);
    void iterator.return?.();
  }
}

/** Bitmaps and video frames hold memory of the GPU, or of a camera that has few. */
function close(picture: unknown): void {
  (picture as { close?: () => void } | undefined)?.close?.();
}
