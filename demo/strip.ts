import { element } from './elements.js';

/** A picture to choose. */
export interface StripItem {
  /** What `mark` knows it by. */
  readonly key: unknown;
  readonly title: string;
  /** Address of a small picture; of the picture itself where there is no smaller. */
  readonly thumb: string;
  /** Whom it is by, and on what terms it is shown. */
  readonly credit?: readonly (string | Node)[] | undefined;
  readonly pick: () => void;
}

/** A row of pictures to choose from: the page's own, or those of a folder. */
export class Strip {
  readonly #title = element('strip-title', HTMLElement);
  readonly #list = element('strip-list', HTMLUListElement);
  readonly #credit = element('credit', HTMLElement);
  readonly #back = element('strip-back', HTMLButtonElement);
  readonly #buttons = new Map<unknown, HTMLButtonElement>();
  #own: readonly StripItem[] = [];
  #marked: unknown;

  /** @param onBack called when the page's own pictures take the place of a folder's */
  constructor(onBack: () => void) {
    this.#back.addEventListener('click', () => {
      this.showOwn();
      onBack();
    });
    this.showOwn();
  }

  /** Adds to the pictures that come with the page. */
  add(items: readonly StripItem[]): void {
    this.#own = [...this.#own, ...items];
    if (this.#back.hidden) this.#append(items);
  }

  showOwn(): void {
    this.#fill('Pictures of this page', this.#own);
    this.#back.hidden = true;
  }

  /** The pictures of a folder, or of several files. */
  show(title: string, items: readonly StripItem[]): void {
    this.#fill(title, items);
    this.#back.hidden = false;
  }

  /** Marks the picture that is shown; none where what is shown is not of a strip. */
  mark(key: unknown): void {
    this.#marked = key;
    this.#credit.replaceChildren(...(this.#own.find((item) => item.key === key)?.credit ?? []));
    for (const [of, button] of this.#buttons) button.setAttribute('aria-pressed', String(of === key));
  }

  #fill(title: string, items: readonly StripItem[]): void {
    this.#title.textContent = title;
    for (const { src } of this.#list.querySelectorAll('img')) URL.revokeObjectURL(src);
    this.#buttons.clear();
    this.#list.replaceChildren();
    this.#append(items);
  }

  #append(items: readonly StripItem[]): void {
    this.#list.append(...items.map((item) => this.#row(item)));
    this.mark(this.#marked);
  }

  #row({ key, title, thumb, pick }: StripItem): HTMLLIElement {
    const image = Object.assign(document.createElement('img'), { alt: '', loading: 'lazy', decoding: 'async' });
    // A browser may not decode it, as HEIC.
    image.addEventListener('error', () => image.replaceWith(title));
    image.src = thumb;
    const button = Object.assign(document.createElement('button'), { type: 'button', title });
    button.setAttribute('aria-label', title);
    button.append(image);
    button.addEventListener('click', pick);
    this.#buttons.set(key, button);
    const row = document.createElement('li');
    row.append(button);
    return row;
  }
}
