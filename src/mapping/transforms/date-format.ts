/** Dates in the writings of others: `MM/dd/yyyy h:mm a`. Read and written by the same letters. */
import { instantOf, type Moment, readTime } from '../time.ts';
import { zoneMinutes } from './calendar.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

type Letters =
  | 'yyyy'
  | 'yy'
  | 'MMM'
  | 'MM'
  | 'M'
  | 'dd'
  | 'd'
  | 'HH'
  | 'H'
  | 'hh'
  | 'h'
  | 'mm'
  | 'ss'
  | 'SSS'
  | 'a'
  | 'Z';
type Token = { readonly letters: Letters } | { readonly literal: string };

const TOKEN = /'([^']*)'|yyyy|yy|MMM|MM|M|dd|d|HH|H|hh|h|mm|ss|SSS|a|Z|([a-zA-Z])|([^a-zA-Z']+)/y;
const LONGEST = 60;

export interface DateFormat {
  /** `undefined`: the text is not written so, or no day of the calendar. */
  read(text: string): Moment | undefined;
  /** To the precision that the time has: what it lacks ends the text. */
  write(moment: Moment, timeZone: string): string;
}

export const isDateFormat = (format: unknown): boolean =>
  typeof format === 'string' && format.length <= LONGEST && tokensOf(format) !== undefined;

const kept = new Map<string, DateFormat>();

/** @param format One that `isDateFormat`. */
export function compileDateFormat(format: string): DateFormat {
  const known = kept.get(format);
  if (known !== undefined) return known;
  const tokens = tokensOf(format) ?? [];
  const made: DateFormat = {
    read: (text) => read(tokens, text),
    write: (moment, zone) => write(tokens, moment, zone),
  };
  if (kept.size < 500) kept.set(format, made);
  return made;
}

function tokensOf(format: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < format.length) {
    const match = TOKEN.exec(format);
    if (match === null || match[2] !== undefined) return undefined;
    const literal = match[1] ?? match[3];
    tokens.push(literal === undefined ? { letters: match[0] as Letters } : { literal });
  }
  return tokens.some((token) => 'letters' in token) ? tokens : undefined;
}

const DIGITS: Readonly<Partial<Record<Letters, readonly [least: number, most: number]>>> = {
  yyyy: [4, 4],
  yy: [2, 2],
  MM: [2, 2],
  M: [1, 2],
  dd: [2, 2],
  d: [1, 2],
  HH: [2, 2],
  H: [1, 2],
  hh: [2, 2],
  h: [1, 2],
  mm: [2, 2],
  ss: [2, 2],
  SSS: [1, 3],
};

function read(tokens: readonly Token[], text: string): Moment | undefined {
  const parts: Partial<Record<Letters, string>> = {};
  let at = 0;
  for (const token of tokens) {
    if ('literal' in token) {
      if (!text.startsWith(token.literal, at)) return undefined;
      at += token.literal.length;
      continue;
    }
    const { letters } = token;
    const found = partAt(letters, text, at);
    if (found === undefined) return undefined;
    parts[letters] = found;
    at += found.length;
  }
  return at === text.length ? momentOf(parts) : undefined;
}

function partAt(letters: Letters, text: string, at: number): string | undefined {
  const digits = DIGITS[letters];
  if (digits !== undefined) {
    let end = at;
    while (end < at + digits[1] && isDigit(text.charCodeAt(end))) end += 1;
    return end - at < digits[0] ? undefined : text.slice(at, end);
  }
  if (letters === 'MMM') {
    const name = text.slice(at, at + 3);
    return monthOf(name) === 0 ? undefined : name;
  }
  if (letters === 'a') return /^[ap]m$/i.test(text.slice(at, at + 2)) ? text.slice(at, at + 2) : undefined;
  return /^(?:Z|[+-]\d\d:?\d\d)/.exec(text.slice(at, at + 6))?.[0];
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const monthOf = (name: string): number =>
  MONTHS.findIndex((month) => month.toLowerCase() === name.toLowerCase()) + 1;

function momentOf(parts: Partial<Record<Letters, string>>): Moment | undefined {
  const year = parts.yyyy ?? (parts.yy === undefined ? undefined : fullYear(Number(parts.yy)));
  if (year === undefined) return undefined;
  const month = parts.MMM === undefined ? (parts.MM ?? parts.M) : String(monthOf(parts.MMM));
  const day = parts.dd ?? parts.d;
  const hour = hourOf(parts);
  if (hour === 'none') return undefined;
  const two = (text: string | undefined): string => (text === undefined ? '' : text.padStart(2, '0'));
  const clock = hour === undefined ? '' : `${two(hour)}${two(parts.mm ?? '0')}${two(parts.ss)}`;
  const fraction = parts.SSS === undefined || parts.ss === undefined ? '' : `.${parts.SSS}`;
  const offset = parts.Z === undefined ? '' : parts.Z === 'Z' ? '+0000' : parts.Z.replace(':', '');
  if (hour !== undefined && day === undefined) return undefined;
  return readTime(`${year}${two(month)}${two(day)}${clock}${fraction}${hour === undefined ? '' : offset}`);
}

/** Two digits are a year not more than ten ahead of 2020s records: 00 to 39 are 20xx, 40 to 99 are 19xx. */
const fullYear = (short: number): string => String(short < 40 ? 2000 + short : 1900 + short);

function hourOf(parts: Partial<Record<Letters, string>>): string | undefined | 'none' {
  const half = parts.hh ?? parts.h;
  if (half === undefined) return parts.HH ?? parts.H;
  const hour = Number(half);
  if (hour < 1 || hour > 12) return 'none';
  const isAfternoon = parts.a?.toLowerCase() === 'pm';
  return String((hour % 12) + (isAfternoon ? 12 : 0));
}

function write(tokens: readonly Token[], given: Moment, timeZone: string): string {
  const at = given.offset === undefined ? undefined : instantOf(given, timeZone);
  const offset = at === undefined ? undefined : zoneMinutes(at, timeZone);
  const moment =
    at === undefined || offset === undefined
      ? given
      : { ...(readTime(new Date(at + offset * 60_000).toISOString()) as Moment), offset };
  let text = '';
  let pending = '';
  let skipped = false;
  for (const token of tokens) {
    if ('literal' in token) {
      pending += token.literal;
      continue;
    }
    const part = partOf(token.letters, moment, timeZone);
    // What is not known is left out, with what stands before it.
    if (part === undefined) {
      pending = '';
      skipped = true;
      continue;
    }
    text += skipped && text === '' ? part : pending + part;
    pending = '';
  }
  return text + (moment.hour === undefined ? '' : pending);
}

function partOf(letters: Letters, moment: Moment, timeZone: string): string | undefined {
  const { year, month, day, hour, minute, second } = moment;
  const two = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : String(value).padStart(2, '0');
  const one = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : String(value);
  const half = hour === undefined ? undefined : hour % 12 === 0 ? 12 : hour % 12;
  switch (letters) {
    case 'yyyy':
      return String(year).padStart(4, '0');
    case 'yy':
      return two(year % 100);
    case 'MMM':
      return month === undefined ? undefined : MONTHS[month - 1];
    case 'MM':
      return two(month);
    case 'M':
      return one(month);
    case 'dd':
      return two(day);
    case 'd':
      return one(day);
    case 'HH':
      return two(hour);
    case 'H':
      return one(hour);
    case 'hh':
      return two(half);
    case 'h':
      return one(half);
    case 'mm':
      return hour === undefined ? undefined : two(minute ?? 0);
    case 'ss':
      return hour === undefined ? undefined : two(second ?? 0);
    case 'SSS':
      return hour === undefined ? undefined : (moment.fraction ?? '').slice(1, 4).padEnd(3, '0');
    case 'a':
      return hour === undefined ? undefined : hour < 12 ? 'AM' : 'PM';
    case 'Z':
      return hour === undefined ? undefined : offsetText(moment, timeZone);
  }
}

function offsetText(moment: Moment, timeZone: string): string {
  const minutes = moment.offset ?? zoneMinutes(instantOf(moment, timeZone) ?? 0, timeZone);
  const size = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
