import { element } from './elements.js';

/** What a person brings to the page. */
export interface Intake {
  readonly onPicture: (file: File) => void;
  readonly onWeights: (file: File) => void;
}

/** Takes files that are chosen, dropped or pasted. */
export function takeFiles({ onPicture, onWeights }: Intake): void {
  const take = (files: Iterable<File>) => {
    for (const file of files) (isWeights(file) ? onWeights : onPicture)(file);
  };
  onChoice(element('picture-file', HTMLInputElement), onPicture);
  onChoice(element('weights-file', HTMLInputElement), onWeights);
  document.addEventListener('paste', (event) => take(event.clipboardData?.files ?? []));
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
    take(event.dataTransfer?.files ?? []);
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

function isWeights({ name, type }: File): boolean {
  return /\.(safetensors|pt|pth|bin)$/i.test(name) || !(type === '' || type.startsWith('image/'));
}
