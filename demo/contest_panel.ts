import { compareLayers, type Agreement, type Layer } from './agreement.js';
import stylesUrl from './contest_panel.css?url';
import { holdContest, NETWORK, type Contender, type Contest, type ContestOptions } from './contest.js';
import { colorsOfDifference, grayOf, put } from './layer_colors.js';
import type { ModelChoice } from './model_choice.js';
import { PEER } from './peer_library.js';
import type { Report } from './report.js';
import { durationText, megabytes, megabytesText } from './value_text.js';

/** What the page has for a contest. */
export interface ContestHost {
  readonly report: Report;
  /** The picture on show; undefined of what moves. */
  readonly picture: () => Blob | undefined;
  /** The network's size, unless it is to be its own, and weights of the visitor's. */
  readonly choice: Pick<ModelChoice, 'inputSize' | 'request'>;
  /** Cancels what the page itself computes, which would take its time of the GPU. */
  readonly stop: () => void;
}

/** Of the network, where nothing else is set. */
const OWN_SIZE = 518;
/** Of the peer, unpacked. */
const CODE = PEER.script.bytes + PEER.factory.bytes + PEER.wasm.bytes;
const percent = (part: number) => `${(100 * part).toPrecision(2)} %`;

/** The view where another library runs the same network on the same picture, once the visitor asks for it. */
export class ContestPanel {
  readonly #host: ContestHost;
  readonly #start = button('peer-start', `Download ${megabytesText(CODE + 2 * PEER.weightBytes)} and compare`);
  readonly #stop = button('peer-stop', 'Cancel the comparison');
  readonly #result = document.createElement('div');
  #controller: AbortController | undefined;

  /** @param above what the view is placed below */
  constructor(host: ContestHost, above: HTMLElement) {
    this.#host = host;
    const row = document.createElement('div');
    row.className = 'row';
    row.append(this.#start, this.#stop);
    this.#start.className = 'primary';
    this.#stop.hidden = true;
    this.#result.id = 'peer-result';
    this.#start.addEventListener('click', () => void this.#compare());
    this.#stop.addEventListener('click', () => this.#controller?.abort());
    // The build fetches no styles with scripts that come later.
    const styles = document.createElement('link');
    styles.rel = 'stylesheet';
    styles.href = stylesUrl;
    document.head.append(styles);
    const part = document.createElement('section');
    part.id = 'peer';
    part.ariaLabel = `A/B with ${PEER.title}`;
    part.append(...offer(), row, this.#result);
    above.after(part);
  }

  /** Ends what is under way, and takes away what was found: another picture is shown. */
  reset(): void {
    this.#controller?.abort();
    this.#result.replaceChildren();
  }

  async #compare(): Promise<void> {
    const { report, picture, choice, stop } = this.#host;
    const blob = picture();
    if (!blob) return report.fail(new Error('A camera or a video cannot be compared: stop it at a picture first.'));
    this.reset();
    stop();
    const { inputSize = OWN_SIZE, request } = choice;
    const controller = (this.#controller = new AbortController());
    this.#setBusy(true);
    try {
      const options: ContestOptions = {
        blob,
        inputSize,
        // Those that were chosen for another network are of no use to this one.
        weights: request.name === NETWORK ? request.weights : undefined,
        signal: controller.signal,
        say: (text) => {
          report.idle();
          report.say(text);
        },
        advance: (text, part) => report.advance(text, part),
      };
      const contest = await holdContest(options);
      const summary = summaryOf(contest);
      this.#result.replaceChildren(textOf('p', summary), ...resultOf(contest));
      report.say(summary);
    } catch (error) {
      report.fail(error);
    } finally {
      report.idle();
      this.#setBusy(false);
    }
  }

  #setBusy(busy: boolean): void {
    const focused = document.activeElement;
    const [shown, other] = busy ? [this.#stop, this.#start] : [this.#start, this.#stop];
    shown.hidden = false;
    // The focus would be lost with the button that goes.
    if (focused === other) shown.focus();
    other.hidden = true;
  }
}

/** What is going to be downloaded, from where, before anything is. */
function offer(): HTMLElement[] {
  const hosts = { code: new URL(PEER.script.url).host, weights: new URL(PEER.hub).host };
  const list = document.createElement('ul');
  list.append(
    ...[
      `${PEER.title} ${PEER.version} with ONNX Runtime Web, from ${hosts.code}: ${megabytesText(CODE)} of code, ` +
        'less where it comes compressed.',
      `Its weights of Depth Anything V2 small, ${PEER.repository} from ${hosts.weights}: ` +
        `${megabytesText(PEER.weightBytes)}.`,
      `The same weights for Depthwise, from ${hosts.weights}: ${megabytesText(PEER.weightBytes)}, unless the browser ` +
        'has kept them.',
    ].map((text) => textOf('li', text)),
  );
  return [
    textOf(
      'p',
      `The same picture through the same network on your own GPU, in Depthwise and in ${PEER.title}: both on WebGPU, ` +
        'in f32, from the same pixels. For that the page downloads, when you ask for it and not before:',
    ),
    list,
    textOf(
      'p',
      `Your picture stays on this machine. What is run is checked first: other files than those of ${PEER.title} ` +
        `${PEER.version} are refused. Of ${PEER.title} nothing is kept, so it is downloaded anew each time.`,
    ),
  ];
}

function resultOf(contest: Contest): HTMLElement[] {
  const { ours, theirs } = contest;
  const agreement = compareLayers(ours.layer, theirs.layer);
  const { gain, canvas } = differencePicture(agreement);
  const pictures = document.createElement('div');
  pictures.className = 'peers';
  pictures.append(
    figure(drawn(ours.layer), ours.layer.title, `Depth map of ${ours.layer.title}`),
    figure(drawn(theirs.layer), theirs.layer.title, `Depth map of ${theirs.layer.title}`),
    figure(
      canvas,
      `Difference, ${gain === 1 ? '' : `${gain.toLocaleString('en')} times as strong; `}${PEER.title} nearer: red, ` +
        'farther: blue',
      'Difference of the maps',
    ),
  );
  const words = textOf('p', agreementText(agreement));
  words.id = 'peer-agreement';
  return [pictures, words, tableOf(ours, theirs), textOf('p', conditionsText(contest))];
}

function summaryOf({ ours, theirs, software }: Contest): string {
  const ratio = median(theirs.furtherMs) / median(ours.furtherMs);
  const said = software ? ' That is on the processor, and says nothing of a GPU.' : '';
  const [slower, times] = ratio >= 1 ? [theirs, ratio] : [ours, 1 / ratio];
  return `${slower.layer.title} took ${times.toFixed(2)} times as long for a map, the first one aside.${said}`;
}

function agreementText({ differences, correlation, difference, order }: Agreement): string {
  const largest = differences.reduce((worst, value) => Math.max(worst, Math.abs(value)), 0);
  return (
    `Largest difference ${percent(largest)} of the span of the map, mean ${percent(difference)}; ` +
    `correlation ${correlation.toFixed(6)}; same order in ${(100 * order).toFixed(1)} % of pairs of pixels.`
  );
}

function conditionsText({ width, height, adapter, ours }: Contest): string {
  return (
    `${adapter}; network's input ${width} × ${height}; ${ours.furtherMs.length} further maps of each, in turns; from ` +
    'pixels to values on the processor. Loading is downloading, reading and preparing. The code of Depthwise is that ' +
    'of this page.'
  );
}

/** Times and bytes, side by side. */
function tableOf(ours: Contender, theirs: Contender): HTMLTableElement {
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  head.append(textOf('td', ''), ...[ours, theirs].map(({ layer }) => heading(layer.title, 'col')));
  const body = table.createTBody();
  const rows: readonly (readonly [string, (side: Contender) => string])[] = [
    ['Loading', ({ loadMs }) => durationText(loadMs)],
    ['First map', ({ firstMs }) => durationText(firstMs)],
    [
      'Further maps: median (least to most)',
      ({ furtherMs }) =>
        `${durationText(median(furtherMs))} (${durationText(Math.min(...furtherMs))} to ` +
        `${durationText(Math.max(...furtherMs))})`,
    ],
    ['Code downloaded', ({ code }) => bytesText(code)],
    ['Weights downloaded', ({ weights }) => (weights === 0 ? 'none: they were here' : bytesText(weights))],
  ];
  for (const [name, text] of rows) {
    const row = body.insertRow();
    row.append(heading(name, 'row'), ...[ours, theirs].map((side) => textOf('td', text(side))));
  }
  return table;
}

/** The difference in colours, made stronger by a power of ten so that it shows. */
function differencePicture(agreement: Agreement): { canvas: HTMLCanvasElement; gain: number } {
  const largest = agreement.differences.reduce((worst, value) => Math.max(worst, Math.abs(value)), 0);
  // Full colour is a quarter of the span.
  const gain = largest > 0 ? 10 ** Math.min(6, Math.max(0, Math.floor(Math.log10(0.25 / largest)))) : 1;
  const canvas = document.createElement('canvas');
  const differences = agreement.differences.map((value) => gain * value);
  put(canvas, agreement, colorsOfDifference({ ...agreement, differences }));
  return { canvas, gain };
}

function drawn(layer: Layer): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  put(canvas, layer, grayOf(layer));
  return canvas;
}

function figure(canvas: HTMLCanvasElement, caption: string, label: string): HTMLElement {
  canvas.role = 'img';
  canvas.ariaLabel = label;
  const found = document.createElement('figure');
  found.append(canvas, textOf('figcaption', caption));
  return found;
}

function heading(text: string, scope: 'row' | 'col'): HTMLTableCellElement {
  const cell = document.createElement('th');
  cell.scope = scope;
  cell.textContent = text;
  return cell;
}

function textOf(name: 'p' | 'li' | 'td' | 'figcaption', text: string): HTMLElement {
  const found = document.createElement(name);
  found.textContent = text;
  return found;
}

function button(id: string, text: string): HTMLButtonElement {
  const found = document.createElement('button');
  Object.assign(found, { id, type: 'button', textContent: text });
  return found;
}

function bytesText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} KB` : `${megabytes(bytes)} MB`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
