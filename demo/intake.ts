import type { Folder } from './dropped.js';
import { element } from './elements.js';
import type { ChosenWeights } from './session.js';

/** What a person brings to the page. */
export interface Intake {
  /** Gets every file that is nothing else. */
  readonly onPicture: (file: File) => void;
  readonly onVideo: (file: File) => void;
  readonly onFolder: (folder: Folder) => void;
  readonly onWeights: (weights: ChosenWeights) => void;
  readonly onError: (error: unknown) => void;
}

/** What tells files and folders: fetched when there are some. */
const telling = () => import('./dropped.js');

/** Takes files that are chosen, dropped or pasted. What they are is told by their first bytes. */
export function takeFiles({ onPicture, onVideo, onFolder, onWeights, onError }: Intake): void {
  const take = async (files: readonly File[]) => {
    const { folderOf, sortFiles } = await telling();
    const { weights, videos, pictures } = await sortFiles(files);
    for (const each of weights) onWeights(each);
    // One video plays at a time.
    if (videos[0]) onVideo(videos[0]);
    if (pictures.length > 1) onFolder(folderOf('Your choice', pictures));
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
    telling().then(({ chosenFolder }) => onFolder(chosenFolder(files)), onError);
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
    if (event.dataTransfer) void takeDrop(event.dataTransfer).catch(onError);
  });

  async function takeDrop({ items, files: all }: DataTransfer): Promise<void> {
    // A browser gives these before anything is awaited, and no more then.
    const entries = [...items].map((item) => item.webkitGetAsEntry?.() ?? null);
    const listed = [...all];
    const { dropped } = await telling();
    const { files, folders } = dropped(entries, listed);
    takeAll(files);
    for (const folder of folders) folder.then(onFolder, onError);
  }
}

function onChoice(input: HTMLInputElement, take: (files: File[]) => void): void {
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // The same file may be chosen again.
    input.value = '';
    if (files.length > 0) take(files);
  });
}
