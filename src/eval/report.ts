import type { BenchmarkScores } from './benchmark_scores.js';
import type { MetricScores, Scores } from './scores.js';
import type { VideoScores } from './video_scores.js';
import type { SparsificationScores } from './sparsification.js';

/** Scores of one picture; those in metres of metric models alone, those of confidence where it is asked for. */
export interface PictureScores extends Scores, Partial<MetricScores>, Partial<SparsificationScores> {
  readonly picture: string;
  /** Folder the picture lies in, relative to the one evaluated. */
  readonly folder: string;
}

export type MeanScores = Scores & Partial<MetricScores> & Partial<SparsificationScores>;

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
  ause: 'AUSE',
  auseRandom: 'AUSE random',
} as const satisfies Record<keyof MeanScores, string>;

/** Means over all pictures and over those of each folder. */
export function summarizeScores(pictures: readonly PictureScores[]): Evaluation {
  return summarize(pictures, meanOf);
}

function summarize<Row extends { readonly folder: string }, Mean>(
  pictures: readonly Row[],
  mean: (rows: readonly Row[]) => Mean,
): { pictures: readonly Row[]; folders: Record<string, Mean>; mean: Mean } {
  const folders = [...new Set(pictures.map(({ folder }) => folder))];
  const means = folders.map((name) => [name, mean(pictures.filter(({ folder }) => folder === name))] as const);
  return { pictures, folders: Object.fromEntries(means), mean: mean(pictures) };
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
export function scoreRows(evaluation: Evaluation): string[][] {
  return rowsOf(evaluation, COLUMNS, evaluation.pictures.length);
}

type Values = { readonly [column: string]: unknown };

/** Titles of the columns that the mean has, and the rows below them; `count` is what the mean is over. */
function rowsOf(
  {
    pictures,
    folders,
    mean,
  }: {
    readonly pictures: readonly { readonly picture: string }[];
    readonly folders: Readonly<Record<string, object>>;
    readonly mean: object;
  },
  columns: Readonly<Record<string, string>>,
  count: number,
): string[][] {
  const keys = Object.keys(columns).filter((key) => (mean as Values)[key] !== undefined);
  const row = (name: string, scores: object) => [
    name,
    ...keys.map((key) => ((scores as Values)[key] as number | undefined)?.toFixed(4) ?? ''),
  ];
  const means = Object.entries(folders).map(([name, scores]) => row(`mean of ${name}`, scores));
  return [
    ['', ...keys.map((key) => columns[key] as string)],
    ...pictures.map((scores) => row(scores.picture, scores)),
    ...(means.length > 1 ? means : []),
    row(`mean of ${count}`, mean),
  ];
}

/** Scores of one picture or clip of a public benchmark: those of depth, or those of ordered pairs of points. */
export interface BenchmarkRow extends Partial<BenchmarkScores> {
  readonly picture: string;
  readonly folder: string;
  /** Pictures in it. */
  readonly samples: number;
  /** Share of pairs of points in the right order. */
  readonly accuracy?: number;
  readonly pairs?: number;
}

type BenchmarkMean = Omit<BenchmarkRow, 'picture' | 'folder'>;

export interface BenchmarkEvaluation {
  readonly pictures: readonly BenchmarkRow[];
  readonly folders: Readonly<Record<string, BenchmarkMean>>;
  readonly mean: BenchmarkMean;
}

const BENCHMARK_COLUMNS = {
  absRel: 'AbsRel',
  rmse: 'RMSE',
  delta: 'δ<1.25',
  boundaryF1: 'boundary F1',
  accuracy: 'accuracy',
} as const;
type BenchmarkKey = keyof typeof BENCHMARK_COLUMNS;
const BENCHMARK_KEYS = Object.keys(BENCHMARK_COLUMNS) as BenchmarkKey[];

/** Means over pictures or clips, each counted once; of accuracy over pairs, as it is published. */
export function summarizeBenchmarks(pictures: readonly BenchmarkRow[]): BenchmarkEvaluation {
  return summarize(pictures, meanOfRows);
}

function meanOfRows(rows: readonly BenchmarkRow[]): BenchmarkMean {
  const sum = (key: 'samples' | 'pairs') => rows.reduce((total, row) => total + (row[key] ?? 0), 0);
  const means = BENCHMARK_KEYS.flatMap((key) => {
    const having = rows.filter((row) => row[key] !== undefined);
    const weight = (row: BenchmarkRow) => (key === 'accuracy' ? (row.pairs as number) : 1);
    const all = having.reduce((total, row) => total + weight(row), 0);
    return all > 0 ? [[key, having.reduce((total, row) => total + weight(row) * row[key]!, 0) / all] as const] : [];
  });
  const pairs = sum('pairs');
  return { ...Object.fromEntries(means), ...(pairs > 0 ? { pairs } : {}), samples: sum('samples') };
}

/** A row of cells for every picture or clip, every folder where there are several, and all of them. */
export function benchmarkRows(evaluation: BenchmarkEvaluation): string[][] {
  return rowsOf(evaluation, BENCHMARK_COLUMNS, evaluation.mean.samples);
}

/** Scores of one clip. */
export interface VideoRow extends VideoScores {
  readonly picture: string;
  readonly folder: string;
  readonly frames: number;
}

export interface VideoEvaluation {
  readonly pictures: readonly VideoRow[];
  readonly folders: Readonly<Record<string, Partial<VideoScores>>>;
  /** Over the clips that have the score, each counted once. */
  readonly mean: Partial<VideoScores>;
}

const VIDEO_COLUMNS = {
  absRel: 'AbsRel',
  delta: 'δ<1.25',
  edge: 'edge',
  flicker: 'flicker',
  gradient: 'gradient',
  drift: 'drift',
} as const satisfies Record<keyof VideoScores, string>;

export function summarizeVideos(clips: readonly VideoRow[]): VideoEvaluation {
  return summarize(clips, (rows) => {
    const means = (Object.keys(VIDEO_COLUMNS) as (keyof VideoScores)[]).flatMap((key) => {
      const having = rows.flatMap((row) => row[key] ?? []);
      return having.length > 0 ? [[key, having.reduce((sum, value) => sum + value, 0) / having.length]] : [];
    });
    return Object.fromEntries(means) as Partial<VideoScores>;
  });
}

/** A row of cells for every clip, every folder where there are several, and all of them. */
export function videoRows(evaluation: VideoEvaluation): string[][] {
  return rowsOf(evaluation, VIDEO_COLUMNS, evaluation.pictures.length);
}
