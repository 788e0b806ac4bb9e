/**
 * What one message shows of the feed it comes from: its type, segments, fields, versions, how ids are spelled. Never a value that
 * says who a person is: what also stands where names, numbers and birth dates stand is left out.
 */
import { charsetNames } from './header.ts';
import type { Message } from './message.ts';
import {
  componentParts,
  declares,
  firstText,
  hasContent,
  isFilled,
  repetitionParts,
  type SegmentParts,
  segmentParts,
} from './parts.ts';

export const FEED_FACT_KINDS = [
  'type',
  'segment',
  'field',
  'id type',
  'assigner',
  'version',
  'encoding',
  'charset',
  'sender',
  'time offset',
] as const;

export type FeedFactKind = (typeof FEED_FACT_KINDS)[number];

/** `{ kind: 'segment', value: 'ADT^A08 ZPD' }`, `{ kind: 'id type', value: 'PID-3 MR' }`. */
export interface FeedFact {
  readonly kind: FeedFactKind;
  readonly value: string;
}

/** In place of what is no code, or stands where a person's values stand: that there was something is a fact, too. */
export const NOT_A_CODE = '(no code)';

/** Fields of ids: the component of the assigner, and that of the type where there is one. */
const ID_FIELDS: Readonly<Record<string, { readonly assigner: number; readonly type: number }>> = {
  ...Object.fromEntries(
    ['PID-2', 'PID-3', 'PID-4', 'PID-18', 'PV1-19', 'PV1-50', 'MRG-1', 'MRG-3', 'MRG-5'].map((path) => [
      path,
      { assigner: 4, type: 5 },
    ]),
  ),
  ...Object.fromEntries(
    ['SCH-1', 'SCH-2', 'ORC-2', 'ORC-3', 'OBR-2', 'OBR-3', 'TXA-12'].map((path) => [
      path,
      { assigner: 2, type: 0 },
    ]),
  ),
};

/**
 * Fields whose first parts say who somebody is: of names family, given and middle name, of people of the house number and name, of
 * addresses all down to the code of the place. What stands behind (kinds of names, assigners) is the feed's. Of ids the first alone.
 */
const PERSONAL: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  PID: { 5: 3, 6: 3, 7: 1, 9: 3, 11: 5, 12: 1, 13: 1, 14: 1, 19: 1, 20: 1, 23: 1 },
  NK1: { 2: 3, 4: 5, 5: 1, 6: 1, 16: 1, 30: 3, 31: 1, 32: 5 },
  GT1: { 3: 3, 4: 3, 5: 5, 6: 1, 7: 1, 8: 1, 12: 1, 16: 3, 17: 5, 18: 1 },
  IN1: { 16: 3, 18: 1, 19: 5, 36: 1, 49: 1 },
  MRG: { 7: 3 },
  PV1: { 7: 4, 8: 4, 9: 4, 17: 4 },
};

/** What looks like a code: no blanks, no row of digits as long as a number that names a person, and no date. */
const CODE = /^(?!.*\d{7})(?!\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})[A-Za-z0-9][A-Za-z0-9._+*-]{0,29}$/;
/** Assigners may be OIDs. */
const OID = /^[0-2](\.\d{1,12}){2,20}$/;
const TYPE = /^[A-Z][A-Z0-9]{2}(\^[A-Z0-9]{3})?$/;
const VERSION = /^\d(\.\d){1,2}$/;
/** Shorter ones are initials and the like, which stand everywhere. */
const SHORTEST_PERSONAL = 3;
/** Of who gives ids, and of kinds of ids, shorter rows of digits are numbers of somebody or something, too. */
const NUMBERED = /\d{5}/;

/** True for what looks like a code or an OID, and not like a name, a number of a person or a date. */
export const isFeedCode = (text: string): boolean => CODE.test(text) || OID.test(text);

const FIELDS_AT_MOST = 400;

/** Texts of a message that say who somebody is, in capitals. Codes that are among them are no codes. */
export function personalTexts(message: Message): Set<string> {
  const found = new Set<string>();
  const { delimiters } = message;
  const note = (raw: string): void => {
    const text = firstText(raw, delimiters).trim().toUpperCase();
    if (text.length >= SHORTEST_PERSONAL) found.add(text);
  };
  for (const segment of message.segments()) {
    const { id, fields } = segmentParts(segment, delimiters);
    for (const [n, most] of Object.entries(PERSONAL[id] ?? {}))
      for (const repetition of repetitionParts(fields[Number(n)] ?? '', delimiters))
        for (const component of componentParts(repetition, delimiters).slice(0, most))
          for (const part of component.split(delimiters.subcomponent ?? '\0')) note(part);
    for (const path of Object.keys(ID_FIELDS)) {
      const [own, n] = path.split('-');
      if (own !== id) continue;
      for (const repetition of repetitionParts(fields[Number(n)] ?? '', delimiters))
        note(componentParts(repetition, delimiters)[0] ?? '');
    }
  }
  return found;
}

/** @param message A usable one. Facts stand once each. */
export function feedFacts(message: Message): FeedFact[] {
  const { header, delimiters } = message;
  const facts = new Map<string, FeedFact>();
  const add = (kind: FeedFactKind, value: string): void => {
    const key = `${kind} ${value}`;
    if (!facts.has(key)) facts.set(key, { kind, value });
  };
  const type = TYPE.test(header.type) ? header.type : NOT_A_CODE;
  const personal = personalTexts(message);
  const code = (raw: string): string => {
    const text = firstText(raw, delimiters).trim();
    const fit = OID.test(text) || (CODE.test(text) && !NUMBERED.test(text));
    return fit && !personal.has(text.toUpperCase()) ? text : NOT_A_CODE;
  };
  add('type', type);
  add('version', VERSION.test(header.version) ? header.version : header.version === '' ? '' : NOT_A_CODE);
  add('encoding', `${delimiters.field}${delimiters.encoding}`.slice(0, 8));
  for (const name of charsetNames(header.fields[18], delimiters))
    add('charset', /^[A-Za-z0-9 ./_-]{0,30}$/.test(name) ? name : NOT_A_CODE);
  add('sender', [header.fields[3], header.fields[4]].map((each) => nameOf(each ?? '', code)).join(' / '));
  add('time offset', offsetOf(header.time));
  for (const segment of message.segments()) {
    const parts = segmentParts(segment, delimiters);
    if (parts.id === '') continue;
    add('segment', `${type} ${parts.id}`);
    for (let n = 1; n < Math.min(parts.fields.length, FIELDS_AT_MOST); n += 1) {
      const raw = parts.fields[n] ?? '';
      if (declares(parts.id, n) || !isFilled(raw) || !hasContent(raw, delimiters)) continue;
      add('field', `${parts.id}-${n}`);
    }
    addIds(parts);
  }
  return [...facts.values()];

  function addIds({ id, fields }: SegmentParts): void {
    for (const [path, places] of Object.entries(ID_FIELDS)) {
      const [own, n] = path.split('-');
      if (own !== id) continue;
      for (const repetition of repetitionParts(fields[Number(n)] ?? '', delimiters)) {
        const components = componentParts(repetition, delimiters);
        if (!isFilled(components[0] ?? '')) continue;
        const assigner = components[places.assigner - 1] ?? '';
        add('assigner', `${path} ${assigner === '' ? '' : code(assigner)}`);
        if (places.type === 0) continue;
        const kind = components[places.type - 1] ?? '';
        add('id type', `${path} ${kind === '' ? '' : code(kind)}`);
      }
    }
  }

  /** The name of an application or facility: no person's, and told as it is unless it looks like one's. */
  function nameOf(raw: string, asCode: (raw: string) => string): string {
    const first = componentParts(raw, delimiters)[0] ?? '';
    const text = firstText(first, delimiters).trim();
    if (text === '') return '';
    const spaced = /^[A-Za-z][A-Za-z0-9 ._&+-]{0,39}$/.test(text) && !/\d{7}/.test(text);
    return spaced && !personal.has(text.toUpperCase()) ? text : asCode(first);
  }
}

/** `-0600`; `''`: the time says no offset. */
function offsetOf(time: string): string {
  return /[+-]\d{4}$/.exec(time)?.[0] ?? '';
}

/** A fact as a person reads it: `segment ZPD in ADT^A08`. */
export function feedFactText({ kind, value }: FeedFact): string {
  const [place = '', what = ''] = value.split(' ', 2);
  switch (kind) {
    case 'type':
      return `message type ${value}`;
    case 'segment':
      return `segment ${what} in ${place}`;
    case 'field':
      return `field ${value}`;
    case 'id type':
      return what === '' ? `an id without a type in ${place}` : `id type ${what} in ${place}`;
    case 'assigner':
      return what === '' ? `an id without an assigner in ${place}` : `assigner ${what} in ${place}`;
    case 'version':
      return value === '' ? 'no version (MSH-12)' : `version ${value}`;
    case 'encoding':
      return `encoding characters ${value}`;
    case 'charset':
      return value === '' ? 'no declared character set (MSH-18)' : `character set ${value}`;
    case 'sender':
      return `sender ${value}`;
    case 'time offset':
      return value === '' ? 'times without an offset (MSH-7)' : `times at offset ${value} (MSH-7)`;
  }
}
