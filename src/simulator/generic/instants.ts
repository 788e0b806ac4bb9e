/** Dates of FHIR as spans of time: a date of a day is the whole day. Without a zone they are in UTC here. */

/** From the first millisecond up to, not including, the last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const pattern =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** The span that a date, dateTime or instant stands for; undefined when it is none of them. */
export function spanOf(text: string): Span | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minutes, seconds, fraction, zone] = match;
  const of = (value: string | undefined, usual: number) => (value === undefined ? usual : Number(value));
  const at = (y: number, mo: number, d: number, h: number, mi: number, s: number, ms: number) =>
    Date.UTC(y, mo, d, h, mi, s, ms) - offsetOf(zone);
  const parts = [
    Number(year),
    of(month, 1) - 1,
    of(day, 1),
    of(hour, 0),
    of(minutes, 0),
    of(seconds, 0),
  ] as const;
  const [y, mo, d, h, mi, s] = parts;
  if (mo > 11 || mo < 0 || d < 1 || d > 31 || h > 24 || mi > 59 || s > 60) return undefined;
  const ms = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
  const from = at(y, mo, d, h, mi, s, ms);
  if (month === undefined) return { from, to: at(y + 1, 0, 1, 0, 0, 0, 0) };
  if (day === undefined) return { from, to: at(y, mo + 1, 1, 0, 0, 0, 0) };
  if (hour === undefined) return { from, to: at(y, mo, d + 1, 0, 0, 0, 0) };
  if (seconds === undefined) return { from, to: from + 60_000 };
  return { from, to: from + (fraction === undefined ? 1000 : 1) };
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** The span of a value in a resource: a date in text, or a Period, of which either end may be open. */
export function spanOfValue(value: unknown): Span | undefined {
  if (typeof value === 'string') return spanOf(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const { start, end } = value as { start?: unknown; end?: unknown };
  const from = typeof start === 'string' ? spanOf(start)?.from : Number.NEGATIVE_INFINITY;
  const to = typeof end === 'string' ? spanOf(end)?.to : Number.POSITIVE_INFINITY;
  return from === undefined || to === undefined ? undefined : { from, to };
}

const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'] as const;
type Prefix = (typeof prefixes)[number];

export interface DateBound {
  readonly prefix: Prefix;
  readonly span: Span;
}

/** A date as searches write it: a prefix and a date. */
export function dateBound(text: string): DateBound | undefined {
  const prefix = prefixes.find((each) => text.startsWith(each));
  const span = spanOf(prefix ? text.slice(2) : text);
  return span && { prefix: prefix ?? 'eq', span };
}

export function isWithin({ prefix, span }: DateBound, value: Span): boolean {
  switch (prefix) {
    case 'eq':
      return value.from >= span.from && value.to <= span.to;
    case 'ne':
      return value.from < span.from || value.to > span.to;
    case 'gt':
      return value.to > span.to;
    case 'ge':
      return value.to > span.from;
    case 'lt':
      return value.from < span.from;
    case 'le':
      return value.from < span.to;
    case 'sa':
      return value.from >= span.to;
    case 'eb':
      return value.to <= span.from;
  }
}
