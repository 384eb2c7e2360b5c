import type { DepthMap } from 'depthwise';

type Meaning = Pick<DepthMap, 'kind' | 'nearer' | 'unit'>;

/** A value of a map with its unit, and what larger values mean where there is none. */
export function describeValue(meaning: Meaning, value: number): string {
  if (!Number.isFinite(value)) return 'no value here';
  if (meaning.unit === 'metre') return formatValue(meaning, value);
  const quantity = meaning.kind === 'relative-inverse' ? 'relative inverse depth' : 'relative depth';
  return `${quantity} ${formatValue(meaning, value)}, larger = ${meaning.nearer === 'larger' ? 'nearer' : 'farther'}`;
}

/** The number alone, with its unit if it has one. */
export function formatValue({ unit }: Meaning, value: number): string {
  if (unit === 'metre') return `${value.toFixed(2)} m`;
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 0.01 || magnitude >= 1e5)) return value.toExponential(2);
  return value.toFixed(magnitude < 10 ? 2 : magnitude < 100 ? 1 : 0);
}

/** A size in units of 10⁶ bytes, without the unit. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** A size for people. */
export function megabytesText(bytes: number): string {
  return `${megabytes(bytes)} MB`;
}

/** A time for people. */
export function durationText(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
