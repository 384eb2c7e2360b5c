import type { ByteSource } from 'depthwise';
import { dropped, folderOf, type Folder } from './dropped.js';
import { element } from './elements.js';
import { kindOf, type FileKind } from './file_kind.js';

/** What a person brings to the page. */
export interface Intake {
  /** Gets every file that is nothing else. */
  readonly onPicture: (file: File) => void;
  readonly onVideo: (file: File) => void;
  readonly onFolder: (folder: Folder) => void;
  readonly onWeights: (weights: File | ByteSource) => void;
  readonly onError: (error: unknown) => void;
}

/** Takes files that are chosen, dropped or pasted. What they are is told by their first bytes. */
export function takeFiles({ onPicture, onVideo, onFolder, onWeights, onError }: Intake): void {
  const take = async (files: readonly File[]) => {
    const kinds = await Promise.all(files.map(kindOf));
    const of = (kind: FileKind) => files.filter((_, i) => kinds[i] === kind);
    const [weights, [index], [video], pictures] = [of('weights'), of('index'), of('video'), of('picture')];
    if (index) onWeights(withParts(index, weights));
    else for (const file of weights) onWeights(file);
    // One video plays at a time.
    if (video) onVideo(video);
    if (pictures.length > 1) onFolder({ name: 'Files', pictures, others: 0 });
    else if (pictures[0]) onPicture(pictures[0]);
  };
  const takeAll = (files: Iterable<File>) => void take([...files]).catch(onError);
  onChoice(element('picture-file', HTMLInputElement), takeAll);
  onChoice(element('weights-file', HTMLInputElement), (files) => {
    const [file] = files;
    if (files.length > 1) takeAll(files);
    else if (file) onWeights(file);
  });
  onChoice(element('folder-file', HTMLInputElement), (files) => {
    const name = files[0]?.webkitRelativePath.split('/')[0] ?? 'Folder';
    const hidden = (file: File) => file.webkitRelativePath.includes('/.');
    const seen = files.filter((file) => !hidden(file));
    onFolder(folderOf(name, seen));
  });
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
    if (!event.dataTransfer) return;
    const { files, folders } = dropped(event.dataTransfer);
    takeAll(files);
    for (const folder of folders) folder.then(onFolder, onError);
  });
}

/** Weights in several files: the index of them, and those that came with it, by their names. */
function withParts(index: File, parts: readonly File[]): ByteSource {
  const source = (file: File): ByteSource => ({ name: file.name, size: file.size, open: async () => file.stream() });
  const sibling = async (path: string) => {
    const part = parts.find(({ name }) => name === path.split('/').at(-1));
    if (part) return source(part);
    throw new Error(`${index.name} lists ${path}, which is not here: choose or drop all files of the weights at once.`);
  };
  return { ...source(index), sibling };
}

function onChoice(input: HTMLInputElement, take: (files: File[]) => void): void {
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // The same file may be chosen again.
    input.value = '';
    if (files.length > 0) take(files);
  });
}
