import { element } from './elements.js';

/** A picture to choose. */
export interface StripItem {
  readonly title: string;
  /** Address of a small picture; of the picture itself where there is no smaller. */
  readonly thumb: string;
  readonly pick: () => void;
}

/** A row of pictures to choose from: the page's own, or those of a folder. */
export class Strip {
  readonly #title = element('strip-title', HTMLElement);
  readonly #list = element('strip-list', HTMLUListElement);
  readonly #back = element('strip-back', HTMLButtonElement);
  #own: readonly StripItem[] = [];

  constructor() {
    this.#back.addEventListener('click', () => this.showOwn());
  }

  /** The pictures that come with the page. */
  set own(items: readonly StripItem[]) {
    this.#own = items;
    this.showOwn();
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

  #fill(title: string, items: readonly StripItem[]): void {
    this.#title.textContent = title;
    for (const { src } of this.#list.querySelectorAll('img')) URL.revokeObjectURL(src);
    this.#list.replaceChildren(...items.map((item) => this.#row(item)));
  }

  #row({ title, thumb, pick }: StripItem): HTMLLIElement {
    const image = Object.assign(document.createElement('img'), { alt: '', loading: 'lazy', decoding: 'async' });
    image.src = thumb;
    const button = Object.assign(document.createElement('button'), { type: 'button', title });
    button.setAttribute('aria-label', title);
    button.append(image);
    button.addEventListener('click', () => {
      for (const other of this.#list.querySelectorAll('button')) other.setAttribute('aria-pressed', 'false');
      button.setAttribute('aria-pressed', 'true');
      pick();
    });
    const row = document.createElement('li');
    row.append(button);
    return row;
  }
}
