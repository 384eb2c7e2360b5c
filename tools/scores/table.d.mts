/** Scores by metric. */
export type Scores = Readonly<Record<string, number>>;
export interface Row {
  readonly model: string;
  readonly protocol: string;
  readonly published: Scores;
  readonly source: string;
}
export interface Published {
  readonly sources: Readonly<Record<string, readonly [title: string, url: string]>>;
  readonly rows: readonly Row[];
}
export const DATA: Readonly<Record<string, readonly [folder: string, what: string]>>;
export function commandOf(row: Pick<Row, 'model' | 'protocol'>, licensed: ReadonlySet<string>): string;
export function scoresPage(
  published: Published,
  measured: Readonly<Record<string, Scores>>,
  licensed: ReadonlySet<string>,
): string;
export function measuredOf(
  files: readonly {
    readonly model: string;
    readonly folders: Readonly<Record<string, Scores>>;
    readonly mean: Scores;
  }[],
): Record<string, Scores>;
export function readJson(path: string): unknown;
