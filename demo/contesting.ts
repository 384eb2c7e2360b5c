import type { ContestHost, ContestPanel } from './contest_panel.js';
import { element } from './elements.js';

/** The contest with another library. Its view is fetched when it is first looked at; the library, when asked for. */
export class Contesting {
  readonly #host: ContestHost;
  #panel: Promise<ContestPanel> | undefined;

  constructor(host: ContestHost) {
    this.#host = host;
  }

  /** Shows the view. */
  open(): void {
    this.#panel ??= import('./contest_panel.js').then(
      ({ ContestPanel }) => new ContestPanel(this.#host, element('view-options', HTMLElement)),
    );
    this.#panel.catch((error: unknown) => {
      this.#panel = undefined;
      this.#host.report.fail(error);
    });
  }

  /** Ends what is of another picture. */
  reset(): void {
    void this.#panel?.then((panel) => panel.reset());
  }
}
