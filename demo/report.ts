import { DepthwiseError, DisposedError, type LoadOptions } from 'depthwise';
import { element, setNotice } from './elements.js';
import { megabytes, megabytesText } from './value_text.js';

type LoadProgress = Parameters<NonNullable<LoadOptions['onProgress']>>[0];

const VERBS = {
  download: 'Downloading the weights',
  read: 'Reading the weights',
  compile: 'Compiling the kernels',
} as const;

/** What the page says about work under way, and about what went wrong. */
export class Report {
  readonly #status = element('status', HTMLElement);
  readonly #error = element('error', HTMLElement);
  readonly #row = element('progress-row', HTMLElement);
  readonly #bar = element('progress', HTMLProgressElement);
  readonly #text = element('progress-text', HTMLElement);

  say(text: string): void {
    this.#status.textContent = text;
    setNotice(this.#error, undefined);
  }

  /** Puts an error into words. Cancelling is not an error. */
  readonly fail = (error: unknown): void => {
    // A model or map that was disposed of gave way to another one, which has words of its own.
    if (error instanceof DisposedError) return;
    this.idle();
    if (error instanceof DOMException && error.name === 'AbortError') return this.say('Cancelled.');
    this.say('');
    setNotice(this.#error, wordsOf(error));
  };

  progress({ phase, loaded, total }: LoadProgress): void {
    if (phase === 'ready') return this.idle();
    const bytes = total === undefined ? megabytesText(loaded) : `${megabytes(loaded)} of ${megabytesText(total)}`;
    const amount = phase === 'compile' ? `${loaded} of ${total}` : bytes;
    this.advance(`${VERBS[phase]}: ${amount}`, total && loaded / total);
  }

  /** Moves the progress bar. @param part of the work that is done, 0…1, where it is known */
  advance(text: string, part: number | undefined): void {
    this.#row.hidden = false;
    if (part === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = part;
    this.#text.textContent = text;
  }

  /** Ends the progress bar. */
  idle(): void {
    this.#row.hidden = true;
  }
}

/** What is wrong, and what to do about it on this page. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof DepthwiseError && error.code === 'OPTION_FOCAL_LENGTH')) return error.message;
  return error.message.replace(
    error.hint as string,
    'This picture has none in its EXIF data. Set Angle of view, in 3-D, to what its camera saw from side to side.',
  );
}
