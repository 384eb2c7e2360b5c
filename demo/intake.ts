import { element } from './elements.js';
import { isWeights } from './file_kind.js';

/** What a person brings to the page. */
export interface Intake {
  /** Gets every file that is not weights. */
  readonly onPicture: (file: File) => void;
  readonly onWeights: (file: File) => void;
  readonly onError: (error: unknown) => void;
}

/** Takes files that are chosen, dropped or pasted. Which are weights is told by their first bytes. */
export function takeFiles({ onPicture, onWeights, onError }: Intake): void {
  const take = async (files: readonly File[]) => {
    const kinds = await Promise.all(files.map(isWeights));
    files.forEach((file, i) => (kinds[i] ? onWeights : onPicture)(file));
  };
  const takeAll = (files: Iterable<File>) => void take([...files]).catch(onError);
  onChoice(element('picture-file', HTMLInputElement), (file) => takeAll([file]));
  onChoice(element('weights-file', HTMLInputElement), onWeights);
  document.addEventListener('paste', (event) => takeAll(event.clipboardData?.files ?? []));
  const veil = element('drop-veil', HTMLElement);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    veil.hidden = !event.dataTransfer?.types.includes('Files');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    veil.hidden = true;
    takeAll(event.dataTransfer?.files ?? []);
  });
}

function onChoice(input: HTMLInputElement, take: (file: File) => void): void {
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    // The same file may be chosen again.
    input.value = '';
    if (file) take(file);
  });
}
