import type { ErrorCode } from '../error_codes.js';
import { dirname, join, parse } from 'node:path';
import { DepthFileError, UsageError, type ErrorDetails } from '../errors.js';
import { truthOf, type Truth, type TruthKind, type TruthReading } from '../eval/disparity.js';
import { readDepthFile, type DepthFile } from '../node/depth_file.js';
import { readSmallFile } from '../node/file_source.js';
import type { Size } from '../image/size.js';

/** A sidecar has a few lines. */
const MOST_SIDECAR_BYTES = 2 ** 20;
/** Kinds as a sidecar may spell them; the latter two are those of files that depthwise wrote. */
const KINDS = new Map<unknown, TruthKind>([
  ['depth', 'depth'],
  ['inverse', 'inverse'],
  ['metric', 'depth'],
  ['relative-inverse', 'inverse'],
]);

/**
 * Reads the true depth of a picture. Whether a file holds depth or inverse depth is said by `kind`, or else by a 16-bit
 * PNG of ours itself, by the JSON file of the same name, or by depth.json in the same folder:
 * `{ "kind": "depth" | "inverse", "scale"?: unit per stored number, "zeroIsFar"?: boolean }`.
 * @throws the errors of `readDepthFile`; UsageError EVAL_KIND where nothing says it; DepthFileError EVAL_SIDECAR,
 *   EVAL_SIZE for a map
 *   of another size than the picture, EVAL_TRUTH for one without two known pixels of different depth
 */
export async function readTruth(path: string, picture: Size, kind?: TruthKind): Promise<Truth> {
  const file = await readDepthFile(path);
  if (file.width !== picture.width || file.height !== picture.height) {
    const what = `is ${file.width}x${file.height}, and its picture ${picture.width}x${picture.height}`;
    throw fault('EVAL_SIZE', path, what, {
      expected: [picture.width, picture.height],
      actual: [file.width, file.height],
    });
  }
  const truth = truthOf(file.data, await reading(path, file, kind));
  const first = truth.disparity[truth.known[0] ?? 0];
  if (truth.known.every((i) => truth.disparity[i] === first)) {
    throw fault('EVAL_TRUTH', path, `has ${truth.known.length} known pixels, which do not differ in depth`, {
      expected: 2,
      actual: new Set(truth.known.map((i) => truth.disparity[i] as number)).size,
    });
  }
  return truth;
}

async function reading(path: string, { semantics }: DepthFile, kind: TruthKind | undefined): Promise<TruthReading> {
  const sidecar = semantics ? { kind: semantics.kind } : await readSidecar(path);
  const said = kind ?? KINDS.get(sidecar?.['kind']);
  if (said === undefined) {
    throw new UsageError('EVAL_KIND', `${path}: nothing says whether this is depth or inverse depth.`, {
      hint:
        'Pass --truth depth or --truth inverse, or put {"kind": "depth"} or {"kind": "inverse"} ' +
        'into depth.json beside it.',
      source: path,
      actual: sidecar?.['kind'],
    });
  }
  const { scale = 1, zeroIsFar = false } = sidecar ?? {};
  if (typeof scale !== 'number' || !(scale > 0 && scale < Infinity) || typeof zeroIsFar !== 'boolean') {
    throw fault('EVAL_SIDECAR', path, `has a sidecar with scale ${String(scale)} and zeroIsFar ${String(zeroIsFar)}`);
  }
  return { kind: said, scale, zeroIsFar };
}

/** Files that may say what a file of true depth holds. */
export function sidecarsOf(path: string): string[] {
  const folder = dirname(path);
  return [join(folder, `${parse(path).name}.json`), join(folder, 'depth.json')];
}

async function readSidecar(path: string): Promise<Record<string, unknown> | undefined> {
  for (const sidecar of sidecarsOf(path)) {
    const text = await readSmallFile(sidecar, MOST_SIDECAR_BYTES).catch(() => undefined);
    if (text === undefined) continue;
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch (cause) {
      throw new DepthFileError('EVAL_SIDECAR', `${sidecar}: is not JSON.`, { source: sidecar, phase: 'read', cause });
    }
  }
  return undefined;
}

function fault(code: ErrorCode, path: string, what: string, details: ErrorDetails = {}): DepthFileError {
  return new DepthFileError(code, `${path}: ${what}.`, { ...details, source: path, phase: 'read' });
}
