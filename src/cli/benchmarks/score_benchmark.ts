import {
  alignDisparity,
  pairsInOrder,
  scoreFrame,
  type Alignment,
  type BenchmarkScores,
  type Frame,
} from '../../eval/benchmark_scores.js';
import { ImageError } from '../../errors.js';
import type { DepthTruth } from '../../eval/depth_truth.js';
import type { Protocol } from '../../eval/protocols.js';
import type { BenchmarkRow } from '../../eval/report.js';
import type { Picture } from '../../node/image_file.js';
import type { Benchmark, Sample } from './sample.js';

/** Disparity f32[height,width] of a picture, up to scale and shift. */
export type EstimateDisparity = (picture: Picture, name: string) => Promise<Float32Array>;

/**
 * Scores every picture of a benchmark, or every clip where its protocol aligns clips.
 * @param estimate gives the disparity that is scored
 */
export async function* scoreBenchmark(
  { protocol, samples, name }: Benchmark,
  estimate: EstimateDisparity,
): AsyncGenerator<BenchmarkRow, void, undefined> {
  if (!protocol?.perClip) {
    for (const sample of samples) yield { ...(await scoreSample(sample, protocol, estimate)), samples: 1 };
    return;
  }
  for (const clip of new Set(samples.map((sample) => sample.clip))) {
    const frames = samples.filter((sample) => sample.clip === clip);
    yield {
      picture: clip ?? name,
      folder: frames[0]?.folder ?? name,
      ...(await scoreClip(frames, protocol, estimate)),
      samples: frames.length,
    };
  }
}

async function scoreSample(
  sample: Sample,
  protocol: Protocol | undefined,
  estimate: EstimateDisparity,
): Promise<Omit<BenchmarkRow, 'samples'>> {
  const { picture: name, folder } = sample;
  const { picture, truth, pairs } = await sample.open();
  const disparity = await estimate(picture, name);
  if (pairs) {
    const right = pairsInOrder(disparity, picture.width, pairs);
    return { picture: name, folder, accuracy: right / pairs.length, pairs: pairs.length };
  }
  const frame = { disparity, truth };
  const rules = protocol as Protocol;
  const alignment = requireAlignment(alignDisparity([frame], rules), name);
  return { picture: name, folder, ...scoreFrame(frame, alignment, rules) };
}

/** @throws ImageError EVAL_ESTIMATE where the protocol leaves no pixel to align: it may count those above 0 alone */
function requireAlignment(alignment: Alignment, source: string): Alignment {
  if (Number.isFinite(alignment.scale) && Number.isFinite(alignment.shift)) return alignment;
  throw new ImageError('EVAL_ESTIMATE', `${source}: 0 pixels of the estimate can be aligned by the protocol.`, {
    source,
    expected: 1,
    actual: 0,
    phase: 'run',
  });
}

/** Means over the frames of a clip, under one alignment. */
async function scoreClip(
  samples: readonly Sample[],
  protocol: Protocol,
  estimate: EstimateDisparity,
): Promise<BenchmarkScores> {
  const frames: Frame[] = [];
  for (const sample of samples) {
    const { picture, truth } = await sample.open();
    frames.push({ disparity: await estimate(picture, sample.picture), truth: truth as DepthTruth });
  }
  const alignment = requireAlignment(alignDisparity(frames, protocol), samples[0]?.clip ?? '');
  const scores = frames.map((frame) => scoreFrame(frame, alignment, protocol));
  const mean = (key: 'absRel' | 'rmse' | 'delta') => scores.reduce((sum, each) => sum + each[key], 0) / scores.length;
  return { absRel: mean('absRel'), rmse: mean('rmse'), delta: mean('delta') };
}
