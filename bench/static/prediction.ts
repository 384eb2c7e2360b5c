import { isPredicted, type StaticDocument, type StaticModel, type StaticRow } from './document.js';

/** Version of the format; a reader refuses any other. */
const SCHEMA = 'depthwise-prediction/1';
/** A model may take so much more than is written down: less is a matter of the compiler's version. */
const SLACK = 1.03;

/**
 * The least share of the vector ALU's clocks that multiply and add, of kernels that take PART of a model's time or
 * more, by name, on CHIP with weights of f32.
 */
const LEAST_SHARES: Readonly<Record<string, number>> = {
  'gemm/tiled': 0.8,
  'conv2d/tiled': 0.8,
  'upsampled_conv/tiled': 0.75,
  'head/tiled': 0.85,
  'attention/tiled': 0.77,
  'gemm_layer_norm/tiled': 0.87,
};
const CHIP = 'navi21';
const PART = 0.02;

/** What is predicted of models: kept in bench/static/prediction.json, to be held to, and to be fitted to GPUs. */
export interface Prediction {
  readonly schema: typeof SCHEMA;
  /** `2026-11-27`, of the run. */
  readonly date: string;
  readonly models: readonly PredictedModel[];
}

export type PredictedModel = Pick<StaticModel, 'chip' | 'model' | 'size' | 'precision' | 'predictedMs'>;

export function predictionOf({ date, models }: StaticDocument): Prediction {
  return {
    schema: SCHEMA,
    date: date.slice(0, 10),
    models: models.map(({ chip, model, size, precision, predictedMs }) => ({
      chip,
      model,
      size,
      precision,
      predictedMs: Number(predictedMs.toPrecision(4)),
    })),
  };
}

/** @throws Error naming what is wrong with the text of a prediction */
export function parsePrediction(text: string): Prediction {
  const prediction = JSON.parse(text) as Prediction;
  if (prediction.schema !== SCHEMA) throw new Error(`No prediction: schema is "${prediction.schema}".`);
  if (Number.isNaN(Date.parse(prediction.date))) throw new Error(`No prediction: date is "${prediction.date}".`);
  for (const { model, predictedMs } of prediction.models)
    if (!(predictedMs > 0)) throw new Error(`No prediction: ${model} takes ${predictedMs} ms.`);
  return prediction;
}

/**
 * What is worse in a document than was predicted: models that take 3 % longer or are not there, and kernels that the
 * rule picks with a clamped index, or spilled registers, in their hot loop, or with less than LEAST_SHARES. Empty where
 * nothing is.
 */
export function regressions(prediction: Prediction, { models, rows: all }: StaticDocument): string[] {
  const rows = all.filter(isPredicted);
  const slower = prediction.models.flatMap(({ chip, model, precision, predictedMs }) => {
    const now = models.find((one) => one.chip === chip && one.model === model && one.precision === precision);
    if (!now) return [`${chip} ${model} ${precision} is not there`];
    const ms = now.predictedMs.toPrecision(4);
    return now.predictedMs > SLACK * predictedMs
      ? [`${chip} ${model} ${precision}: ${ms} ms, ${predictedMs} ms predicted`]
      : [];
  });
  const hot = rows
    .filter(({ chosen }) => chosen)
    .flatMap(({ chip, model, kernel, shape, hotClamps, hotSpills }) => [
      ...(hotClamps > 0 ? [`${chip} ${model} ${kernel} ${shape}: ${hotClamps} clamped indices in its hot loop`] : []),
      ...(hotSpills ? [`${chip} ${model} ${kernel} ${shape}: spilled registers in its hot loop`] : []),
    ]);
  return [...slower, ...hot, ...rows.flatMap((row) => shareFault(row, models))];
}

function shareFault(row: StaticRow, models: readonly StaticModel[]): string[] {
  const { chip, model, precision, kernel, shape, chosen, nodes, predictedMs, fmaShare } = row;
  const least = LEAST_SHARES[kernel];
  if (!chosen || chip !== CHIP || precision !== 'f32' || least === undefined || fmaShare >= least) return [];
  const all = models.find((one) => one.chip === chip && one.model === model && one.precision === precision);
  if (!all || nodes * predictedMs < PART * all.predictedMs) return [];
  return [`${chip} ${model} ${kernel} ${shape}: ${fmaShare.toFixed(3)} of its vector ALU's clocks, ${least} asked for`];
}
