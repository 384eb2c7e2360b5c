import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** A fenced block of a Markdown file. */
export interface Block {
  /** File, slug of the heading it stands under and, from the second block there on, its number. */
  readonly id: string;
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence, counted from 1. */
  readonly line: number;
}

interface Document {
  readonly blocks: readonly Block[];
  /** Anchors of the headings, as GitHub and npm make them. */
  readonly anchors: ReadonlySet<string>;
  /** Lines outside of blocks, with their numbers. */
  readonly prose: readonly (readonly [number, string])[];
}

/** The anchor of a heading: lower case, words joined by hyphens, no punctuation. */
export function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Reads a Markdown file of the repository. */
export function readDocument(file: string): Document {
  const blocks: Block[] = [];
  const anchors = new Set<string>();
  const prose: [number, string][] = [];
  const counts = new Map<string, number>();
  let heading = '';
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [i, line] of readFileSync(join(ROOT, file), 'utf8').split('\n').entries()) {
    const fence = /^```(\w*)/.exec(line);
    if (open && fence) {
      const count = (counts.get(heading) ?? 0) + 1;
      counts.set(heading, count);
      const id = `${file}#${heading}${count > 1 ? `/${count}` : ''}`;
      blocks.push({ id, language: open.language, text: `${open.lines.join('\n')}\n`, line: open.line });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (fence) open = { language: fence[1]!, line: i + 1, lines: [] };
    else {
      prose.push([i + 1, line]);
      const title = /^#+ (.*)$/.exec(line)?.[1];
      if (title !== undefined) anchors.add((heading = slug(title)));
    }
  }
  if (open) throw new Error(`${file}:${open.line}: the block is not closed.`);
  return { blocks, anchors, prose };
}
