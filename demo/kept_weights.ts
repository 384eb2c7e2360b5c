import { clearCachedWeights, listCachedWeights, type CachedWeights } from 'depthwise';
import { element } from './elements.js';
import { megabytesText } from './value_text.js';

/** The part of the page that lists the weights which downloads left in the browser, and clears them. */
export class KeptWeights {
  readonly #part = element('kept', HTMLDetailsElement);
  readonly #summary = element('kept-summary', HTMLElement);
  readonly #list = element('kept-list', HTMLUListElement);
  readonly #clearAll = element('clear-kept', HTMLButtonElement);
  #shown = '';
  readonly #say: (text: string) => void;
  readonly #fail: (error: unknown) => void;

  constructor(say: (text: string) => void, fail: (error: unknown) => void) {
    this.#say = say;
    this.#fail = fail;
    this.#clearAll.addEventListener('click', () => void this.#clear());
    // Another tab may have kept or cleared some since.
    this.#part.addEventListener('toggle', () => this.#part.open && void this.refresh());
  }

  /** Lists what is kept now. */
  async refresh(): Promise<void> {
    try {
      this.#show(await listCachedWeights());
    } catch (error) {
      this.#summary.textContent = `Kept weights cannot be listed: ${(error as Error).message}`;
    }
  }

  async #clear(only?: CachedWeights): Promise<void> {
    try {
      await clearCachedWeights(undefined, only);
    } catch (error) {
      return this.#fail(error);
    }
    await this.refresh();
    this.#say(only ? `Cleared ${nameOf(only)}.` : 'Cleared all kept weights.');
    // The button that had the focus is gone.
    this.#summary.focus();
  }

  #show(kept: readonly CachedWeights[]): void {
    const shown = JSON.stringify(kept);
    // Rows that stay keep the focus.
    if (shown === this.#shown) return;
    this.#shown = shown;
    const bytes = kept.reduce((sum, file) => sum + file.bytes, 0);
    const files = kept.length === 1 ? '1 file' : `${kept.length} files`;
    this.#summary.textContent =
      kept.length === 0 ? 'Kept weights: none' : `Kept weights: ${files}, ${megabytesText(bytes)}`;
    this.#list.replaceChildren(...kept.map((file) => this.#row(file)));
    this.#clearAll.hidden = kept.length === 0;
  }

  #row(file: CachedWeights): HTMLLIElement {
    const name = Object.assign(document.createElement('span'), { className: 'name', textContent: nameOf(file) });
    name.title = file.source;
    const facts = Object.assign(document.createElement('span'), { className: 'hint', textContent: factsOf(file) });
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Clear' });
    button.setAttribute('aria-label', `Clear ${nameOf(file)}, ${factsOf(file)}`);
    button.addEventListener('click', () => void this.#clear(file));
    const row = document.createElement('li');
    row.append(name, facts, button);
    return row;
  }
}

/** The repository of a hub, whose files are all called alike; else the name of the file. */
function nameOf({ source }: CachedWeights): string {
  const path = source.replace(/^\w+:\/\/[^/]*\//, '');
  return /^(.+?)\/resolve\//.exec(path)?.[1] ?? (path.split('/').pop() || source);
}

function factsOf({ bytes, stored }: CachedWeights): string {
  const date = stored?.toLocaleDateString(undefined, { dateStyle: 'medium' });
  return [megabytesText(bytes), ...(date === undefined ? [] : [date])].join(' · ');
}
