import type { MetricScores, Scores } from './scores.js';

/** Scores of one picture; those in metres of metric models alone. */
export interface PictureScores extends Scores, Partial<MetricScores> {
  readonly picture: string;
  /** Folder the picture lies in, relative to the one evaluated. */
  readonly folder: string;
}

export type MeanScores = Scores & Partial<MetricScores>;

/** Scores of every picture, and their means. */
export interface Evaluation {
  readonly pictures: readonly PictureScores[];
  readonly folders: Readonly<Record<string, MeanScores>>;
  /** Over pictures, not folders. */
  readonly mean: MeanScores;
}

const COLUMNS = {
  absRel: 'AbsRel',
  rmse: 'RMSE',
  delta: 'δ<1.25',
  ssi: 'SSI',
  spearman: 'Spearman',
  ordinal: 'ordinal',
  metricAbsRel: 'AbsRel(m)',
  metricRmse: 'RMSE(m)',
  metricDelta: 'δ<1.25(m)',
} as const satisfies Record<keyof MeanScores, string>;

/** Means over all pictures and over those of each folder. */
export function summarizeScores(pictures: readonly PictureScores[]): Evaluation {
  const folders = [...new Set(pictures.map(({ folder }) => folder))];
  return {
    pictures,
    folders: Object.fromEntries(
      folders.map((name) => [name, meanOf(pictures.filter(({ folder }) => folder === name))]),
    ),
    mean: meanOf(pictures),
  };
}

function meanOf(pictures: readonly PictureScores[]): MeanScores {
  const keys = (Object.keys(COLUMNS) as (keyof MeanScores)[]).filter((key) =>
    pictures.every((scores) => scores[key] !== undefined),
  );
  return Object.fromEntries(
    keys.map((key) => [key, pictures.reduce((sum, scores) => sum + scores[key]!, 0) / pictures.length]),
  ) as unknown as MeanScores;
}

/** A row of cells for every picture, every folder where there are several, and all of them. */
export function scoreRows({ pictures, folders, mean }: Evaluation): string[][] {
  const keys = (Object.keys(COLUMNS) as (keyof MeanScores)[]).filter((key) => mean[key] !== undefined);
  const row = (name: string, scores: MeanScores) => [name, ...keys.map((key) => scores[key]!.toFixed(4))];
  const means = Object.entries(folders).map(([name, scores]) => row(`mean of ${name}`, scores));
  return [
    ['', ...keys.map((key) => COLUMNS[key])],
    ...pictures.map((scores) => row(scores.picture, scores)),
    ...(means.length > 1 ? means : []),
    row(`mean of ${pictures.length}`, mean),
  ];
}
