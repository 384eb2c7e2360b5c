import { element } from './elements.js';

/** Browsers take a hundred changes of the address in half a minute. */
const REST = 400;

/** Keeps the address of the page such that it reopens what is shown, and copies it. */
export class Share {
  readonly #link: () => string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param link the part of the address behind the page's own */
  constructor(link: () => string, say: (text: string) => void) {
    this.#link = link;
    element('copy-link', HTMLButtonElement).addEventListener('click', () => void this.#copy(say));
    // A link that is followed from within the page.
    addEventListener('hashchange', () => location.reload());
  }

  /** Writes the address when changes have come to rest. */
  changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), REST);
  }

  #write(): void {
    const link = this.#link();
    if (link !== (location.hash || '#'))
      history.replaceState(null, '', link === '#' ? location.pathname + location.search : link);
  }

  async #copy(say: (text: string) => void): Promise<void> {
    this.#write();
    const copied = await navigator.clipboard?.writeText(location.href).then(
      () => true,
      () => false,
    );
    say(copied ? 'The link is copied. Pictures of your own are not part of it.' : 'The link is in the address bar.');
  }
}
