/** Pictures that follow one another, shown in a video element: of the camera, or of a video file. */
export class Footage {
  readonly video: HTMLVideoElement;
  #stream: MediaStream | undefined;
  #file: { readonly file: File; readonly url: string } | undefined;
  /** Of the latest start or stop: an older one, which waits for the browser yet, does not count any more. */
  #turn = 0;

  constructor(video: HTMLVideoElement) {
    this.video = video;
  }

  get running(): boolean {
    return this.#stream !== undefined || this.#file !== undefined;
  }

  /** What is shown, in a word. */
  get kind(): 'camera' | 'video' {
    return this.#file ? 'video' : 'camera';
  }

  /** The video that plays; undefined of the camera. */
  get file(): File | undefined {
    return this.#file?.file;
  }

  /** Name for what is made of its pictures. */
  get name(): string {
    return this.file?.name ?? 'camera';
  }

  /** @throws Error that says in words why there is no camera; `AbortError` when something else came in between */
  async startCamera(): Promise<void> {
    this.stop();
    const turn = this.#turn;
    const devices = (navigator as Partial<Navigator>).mediaDevices;
    if (!devices)
      throw new Error(
        'This page cannot use a camera: the browser has none to offer, or the page is not secure (https or localhost).',
      );
    try {
      const stream = await devices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 640 } } });
      if (turn !== this.#turn) end(stream);
      this.#ensure(turn);
      this.#stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
      this.#ensure(turn);
    } catch (cause) {
      this.#ensure(turn);
      this.stop();
      throw new Error(`The camera could not be started: ${(cause as Error).message || (cause as Error).name}.`, {
        cause,
      });
    }
  }

  /**
   * Plays a file, again and again.
   * @throws Error that says that it cannot be played: nothing is shown then; `AbortError` as `startCamera`
   */
  async play(file: File): Promise<void> {
    this.stop();
    const turn = this.#turn;
    this.#file = { file, url: URL.createObjectURL(file) };
    this.video.src = this.#file.url;
    this.video.loop = true;
    try {
      // One that breaks off, or is paused at once, is a video all the same; a file of sound alone plays, and is none.
      const fault = await this.video.play().catch((error: unknown) => error);
      this.#ensure(turn);
      if (this.video.videoWidth === 0) throw fault ?? new Error('no video');
    } catch (cause) {
      this.#ensure(turn);
      this.stop();
      throw new Error(`${file.name} cannot be played as a video by this browser.`, { cause });
    }
  }

  stop(): void {
    this.#turn++;
    if (this.#stream) end(this.#stream);
    this.#stream = undefined;
    this.video.srcObject = null;
    if (!this.#file) return;
    URL.revokeObjectURL(this.#file.url);
    this.#file = undefined;
    this.video.removeAttribute('src');
    this.video.load();
  }

  /** The frame on show as a PNG; undefined before the first one. */
  async still(): Promise<Blob | undefined> {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (width === 0 || height === 0) return undefined;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')?.drawImage(this.video, 0, 0);
    return canvas.convertToBlob();
  }

  #ensure(turn: number): void {
    if (turn !== this.#turn) throw new DOMException('Something else is shown.', 'AbortError');
  }
}

function end(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
