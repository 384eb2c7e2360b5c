/** The page's element with an id. @throws Error when the markup has none of that type */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`The page has no ${type.name} #${id}.`);
}

/** Shows a text, or hides its element when there is none. */
export function setNotice(notice: HTMLElement, text: string | undefined): void {
  notice.textContent = text ?? '';
  notice.hidden = text === undefined;
}

/** An entry of a select. */
export function option(value: string, text: string): HTMLOptionElement {
  const entry = document.createElement('option');
  entry.value = value;
  entry.textContent = text;
  return entry;
}
