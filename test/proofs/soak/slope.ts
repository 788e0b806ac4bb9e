/** How a figure runs with time: a straight line through its samples, and how sure its slope is. */
export interface Slope {
  /** Per hour, in the figure's own unit. */
  readonly perHour: number;
  /** The 95 % confidence interval of `perHour`. */
  readonly from: number;
  readonly to: number;
  /** `grows`: the interval lies above 0. `unsure`: it does not, and reaches further up than what is allowed an hour. */
  readonly verdict: 'flat' | 'unsure' | 'grows';
}

/**
 * Least squares. Samples that follow each other are alike (memory grows until it is collected), so they count for fewer: by the
 * correlation of what the line leaves over with its predecessor.
 * @param samples `[seconds, value]`; fewer than 4 tell nothing.
 * @param allowed So little growth an hour is none that matters.
 */
export function slopeOf(
  samples: readonly (readonly [seconds: number, value: number])[],
  allowed: number,
): Slope | undefined {
  const count = samples.length;
  if (count < 4) return undefined;
  const mean = (of: (sample: readonly [number, number]) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / count;
  const meanTime = mean(([time]) => time);
  const meanValue = mean(([, value]) => value);
  const spread = samples.reduce((sum, [time]) => sum + (time - meanTime) ** 2, 0);
  const slope =
    samples.reduce((sum, [time, value]) => sum + (time - meanTime) * (value - meanValue), 0) / spread;
  const left = samples.map(([time, value]) => value - meanValue - slope * (time - meanTime));
  const squares = left.reduce((sum, rest) => sum + rest * rest, 0);
  const neighbours = left.slice(1).reduce((sum, rest, at) => sum + rest * (left[at] as number), 0);
  const alike = squares === 0 ? 0 : Math.min(0.95, Math.max(0, neighbours / squares));
  const effective = Math.max(3, (count * (1 - alike)) / (1 + alike));
  const error = Math.sqrt(squares / (effective - 2) / ((spread * effective) / count));
  const reach = studentAt95(effective - 2) * error * 3_600;
  const perHour = slope * 3_600;
  const from = perHour - reach;
  const to = perHour + reach;
  return { perHour, from, to, verdict: from > 0 ? 'grows' : to > allowed ? 'unsure' : 'flat' };
}

/** The two-sided 95 % point of Student's distribution; Cornish-Fisher's expansion, exact to 2 % from 2 degrees on. */
function studentAt95(freedom: number): number {
  const z = 1.959964;
  const n = Math.max(1, freedom);
  if (n < 2) return 12.706;
  return z + (z ** 3 + z) / (4 * n) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n * n);
}
