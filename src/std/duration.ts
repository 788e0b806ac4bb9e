const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** A length of time as people write it in configuration: `"250ms"`, `"30s"`, `"5m"`, `"2h"`, `"14d"`, `"2 hours"`, `"1 day"`. */
export type Duration =
  | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`
  | `${number} ${'second' | 'minute' | 'hour' | 'day'}${'' | 's'}`;

/**
 * Milliseconds of a duration; `undefined` when it is not one.
 * @example
 * milliseconds('5m') // 300000
 */
export function milliseconds(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(?:(ms|s|m|h|d)| (second|minute|hour|day)s?)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (UNITS[(match[2] ?? match[3]) as string] as number);
}

/**
 * How long something has lasted, in its largest unit.
 * @example
 * lengthText(5_400_000) // '1 h'
 */
export function lengthText(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  const [size, unit] = units.find(([each]) => ms >= each) ?? [1, 'ms'];
  return `${Math.floor(ms / size)} ${unit}`;
}

/**
 * A configured length of time as it is written: the largest unit that leaves no rest.
 * @example
 * durationText(5_400_000) // '90m'
 */
export function durationText(ms: number): string {
  const [unit, size] = (['d', 'h', 'm', 's'] as const)
    .map((each) => [each, UNITS[each] as number] as const)
    .find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
