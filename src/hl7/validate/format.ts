/** How a data type is written, for a person; undefined for types that may hold any text. */
export interface Format {
  readonly fix: string;
  accepts(text: string): boolean;
}

const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A zone is `+HHMM` or `-HHMM`, between UTC-12 and UTC+14. */
const zone = /[+-](0\d|1[0-4])[0-5]\d$/;

function isDate(text: string): boolean {
  if (!/^\d{4}(\d{2}(\d{2})?)?$/.test(text)) return false;
  if (text.length === 4) return true;
  const month = Number(text.slice(4, 6));
  if (month < 1 || month > 12) return false;
  if (text.length === 6) return true;
  const day = Number(text.slice(6, 8));
  const year = Number(text.slice(0, 4));
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day >= 1 && day <= (month === 2 && !leap ? 28 : (days[month - 1] ?? 31));
}

const isTime = (text: string): boolean => /^([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,4})?)?)?$/.test(text);

const withoutZone = (text: string): string => text.replace(zone, '');

function isDateTime(text: string): boolean {
  const local = withoutZone(text);
  return local.length <= 8 ? isDate(local) : isDate(local.slice(0, 8)) && isTime(local.slice(8));
}

const date: Format = { fix: 'Write YYYY[MM[DD]], such as 20260131.', accepts: isDate };

const dateTime: Format = {
  fix: 'Write YYYY[MM[DD[HH[MM[SS[.S]]]]]][+/-ZZZZ], such as 20260131140500-0500.',
  accepts: isDateTime,
};

const time: Format = {
  fix: 'Write HH[MM[SS[.S]]][+/-ZZZZ], such as 1405.',
  accepts: (text) => isTime(withoutZone(text)),
};

/** Chapter 2A, NM: an optional sign, digits and an optional decimal point. */
const number: Format = {
  fix: 'Write digits, with a sign before and a decimal point where needed; put units and comparators elsewhere.',
  accepts: (text) => /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text),
};

const sequence: Format = { fix: 'Write a whole number, such as 1.', accepts: (text) => /^\d+$/.test(text) };

const comparator: Format = {
  fix: 'Write one of >, <, >=, <=, = and <>.',
  accepts: (text) => /^(>|<|>=|<=|=|<>)$/.test(text),
};

const separator: Format = {
  fix: 'Write one of -, +, /, . and :.',
  accepts: (text) => /^[-+/.:]$/.test(text),
};

const formats: Readonly<Record<string, Format>> = {
  DT: date,
  TM: time,
  DTM: dateTime,
  // TS was a primitive before 2.3, and its first component is one since.
  TS: dateTime,
  NM: number,
  SI: sequence,
};

/** The format of a primitive data type. */
export const formatOf = (type: string): Format | undefined =>
  Object.hasOwn(formats, type) ? formats[type] : undefined;

/** The format of a component that its own type (ST) does not tell: TS.1, SN.1 and SN.3. */
export function componentFormat(owner: string, n: number): Format | undefined {
  if (owner === 'TS' && n === 1) return dateTime;
  if (owner === 'SN' && n === 1) return comparator;
  if (owner === 'SN' && n === 3) return separator;
  return undefined;
}
