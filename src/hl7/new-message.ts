import { hl7Time } from './ack.ts';
import { buildMessage, buildSegment, type Content, type FieldContent } from './build.ts';
import { charsetOf } from './charset.ts';
import { type Delimiters, defaultDelimiters } from './delimiters.ts';
import type { Dictionary } from './dictionary/definition.ts';
import type { SegmentFields } from './dictionary/field-names.generated.ts';
import { dictionary as dictionaryOf } from './dictionary/index.ts';
import { nearest } from './dictionary/nearest.ts';
import { componentKeys, type PartKeys, segmentKeys, subcomponentKeys } from './field-key.ts';
import { fieldType } from './json-readable.ts';
import { type Message, parse } from './message.ts';
import { wideWidth } from './wide.ts';

/** The parts of a value by name or number: `{ familyName: 'DOE', givenName: 'JANE' }`, `{ 1: '4711', 5: 'MR' }`. */
export interface NamedParts {
  readonly [part: string]: Content | readonly Content[] | NamedParts;
}

/**
 * What goes into a field: as for buildSegment (a text, `null`, a list of components, `{repetitions}`, `{raw}`), or its
 * components by name.
 */
export type NewField =
  | FieldContent
  | NamedParts
  | { readonly repetitions: readonly (Content | readonly (Content | readonly Content[])[] | NamedParts)[] };

type NameOf<Parts> = Exclude<keyof Parts & string, 'at' | 'all'>;

/** The names of a segment of the dictionary, for the editor to complete; a site's own names go by string. */
type FieldsByName<Fields> = {
  readonly [Name in NameOf<Fields>]?:
    | NewField
    | { readonly [Part in NameOf<Fields[Name]>]?: Content | readonly Content[] | NamedParts };
};
type KnownSegment = {
  [Id in keyof SegmentFields]: readonly [id: Id, fields: FieldsByName<SegmentFields[Id]>];
}[keyof SegmentFields];

/** A segment: its id, and its fields in order, or by number or name: `['PID', { 3: '4711', patientName: {...} }]`. */
export type NewSegment =
  | KnownSegment
  | readonly [id: string, ...fields: FieldContent[]]
  | readonly [id: string, fields: Readonly<Record<string, NewField>>];

/** What stands in the MSH. Places that are left out are empty. */
export interface NewHeader {
  /** `ADT^A01`, or with its structure; that of the dictionary is added from 2.3.1 on, where it is known. */
  readonly type: string;
  /** MSH-7: HL7's form, or a date, which is written in UTC. */
  readonly time: string | Date;
  /** MSH-10. */
  readonly controlId: string;
  /** MSH-12; 2.5.1 by default. */
  readonly version?: string;
  /** MSH-11; `P` by default. */
  readonly processingId?: string;
  readonly sendingApplication?: string;
  readonly sendingFacility?: string;
  readonly receivingApplication?: string;
  readonly receivingFacility?: string;
  /** MSH-18: the character set that the message is written in, or the first and those it is switched to. */
  readonly charset?: string | readonly string[];
  readonly delimiters?: Delimiters;
}

export interface NewMessage extends NewHeader {
  readonly segments: readonly NewSegment[];
  /** The names of fields and components; by default those of the version. */
  readonly dictionary?: Dictionary;
}

/** A segment, field or component that the dictionary does not have, or that is said twice. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  /** Where in what was given: `PID.patientName.familyNam`. */
  readonly at: string;
  constructor(at: string, text: string) {
    super(`${at}: ${text}`);
    this.at = at;
  }
}

/**
 * A message from nothing. Texts are escaped; the MSH is written from what is given, with no clock and no counter of its
 * own. Throws {@link BuildError} for names that the dictionary does not have, CharsetError where the character set
 * cannot hold a text.
 *
 *     build({
 *       type: 'ADT^A01', version: '2.5.1', time: '20260131120000', controlId: '4711', sendingApplication: 'SUTURE',
 *       segments: [
 *         ['EVN', { recordedDateTime: '20260131120000' }],
 *         ['PID', { 1: '1', patientIdentifierList: { idNumber: '77', identifierTypeCode: 'MR' }, patientName: ['DOE', 'JANE'] }],
 *         ['PV1', '1', 'I'],
 *       ],
 *     }).bytes()
 */
export function build(message: NewMessage): Message {
  const { version = '2.5.1', delimiters = defaultDelimiters } = message;
  const dictionary = message.dictionary ?? dictionaryOf(version);
  const segments = message.segments.map((segment) => positional(segment, dictionary));
  const names = charsetsOf(message);
  if (wideWidth(names[0] ?? '') === undefined && charsetOf(names) === undefined)
    throw new BuildError('charset', 'this program cannot write it; UNICODE UTF-8 holds every text');
  return parse(
    buildMessage([['MSH', ...headerFields(message, version, dictionary)], ...segments], delimiters),
  );
}

/**
 * A message made from another: a copy with a time and a control id of its own, and what else is given. `keep` names the
 * segments to take over (all by default); `segments` are added behind them. Character set and delimiters are those of
 * the message; the one it is made from stays as it is.
 *
 *     buildFrom(adt, { time, controlId, type: 'ADT^A08', keep: ['EVN', 'PID', 'PV1'] })
 */
export function buildFrom(
  message: Message,
  changes: Omit<Partial<NewMessage>, 'charset' | 'delimiters'> &
    Pick<NewHeader, 'time' | 'controlId'> & { readonly keep?: readonly string[] },
): Message {
  const copy = message.copy();
  const version = changes.version ?? message.header.version;
  const dictionary = changes.dictionary ?? dictionaryOf(version);
  const { keep } = changes;
  if (keep !== undefined)
    for (const { path, id } of copy.segments().reverse())
      if (id !== 'MSH' && !keep.includes(id)) copy.removeSegment(path);
  const set = (path: string, text: string | undefined): void => {
    if (text !== undefined) copy.set(path, text);
  };
  set('MSH-3', changes.sendingApplication);
  set('MSH-4', changes.sendingFacility);
  set('MSH-5', changes.receivingApplication);
  set('MSH-6', changes.receivingFacility);
  set('MSH-7', timeText(changes.time));
  if (changes.type !== undefined) {
    copy.setRaw('MSH-9', '');
    for (const [i, part] of messageType(changes.type, version, dictionary).entries())
      set(`MSH-9.${i + 1}`, part);
  }
  set('MSH-10', changes.controlId);
  set('MSH-11', changes.processingId);
  set('MSH-12', changes.version);
  for (const segment of changes.segments ?? []) {
    const [id, ...fields] = positional(segment, dictionary);
    copy.addSegment(buildSegment(id, fields, copy.delimiters));
  }
  return copy;
}

const timeText = (time: string | Date): string => (typeof time === 'string' ? time : hl7Time(time));

function headerFields(message: NewHeader, version: string, dictionary: Dictionary): FieldContent[] {
  return [
    message.sendingApplication,
    message.sendingFacility,
    message.receivingApplication,
    message.receivingFacility,
    timeText(message.time),
    undefined,
    messageType(message.type, version, dictionary),
    message.controlId,
    message.processingId ?? 'P',
    version,
    ...[undefined, undefined, undefined, undefined, undefined],
    { repetitions: charsetsOf(message) },
  ];
}

const charsetsOf = ({ charset = [] }: NewHeader): readonly string[] =>
  typeof charset === 'string' ? [charset] : charset;

/** MSH-9.3 exists since 2.3.1. */
function messageType(type: string, version: string, dictionary: Dictionary): string[] {
  const [code = '', trigger = '', structure] = type.split('^');
  if (!/^[A-Z][A-Z0-9]{2}$/.test(code))
    throw new BuildError('type', 'expected a message type such as ADT^A01');
  if (trigger === '') return [code];
  const known = /^2\.[1-3]$/.test(version) ? undefined : dictionary.structureOf(code, trigger)?.id;
  return [code, trigger, ...(structure !== undefined ? [structure] : known === undefined ? [] : [known])];
}

/** The segment with its fields by position. */
function positional(segment: NewSegment, dictionary: Dictionary): [string, ...FieldContent[]] {
  const [id, first, ...others] = segment;
  if (!/^[A-Z][A-Z0-9]{2}$/.test(id))
    throw new BuildError(id.slice(0, 10), 'a segment id is three capitals, such as PID');
  if (id === 'MSH') throw new BuildError('MSH', 'the header is made from type, time, controlId and the rest');
  if (others.length > 0 || !isNamed(first)) return [id, first as FieldContent, ...(others as FieldContent[])];
  const keys = segmentKeys(dictionary, id);
  const byNumber = numbered(first as Readonly<Record<string, NewField>>, keys, id);
  const valueType = typeof byNumber[2] === 'string' ? byNumber[2] : '';
  const fields = Array.from(byNumber, (content, n) =>
    n === 0
      ? undefined
      : fieldContent(content, fieldType(dictionary, id, n, valueType), dictionary, `${id}.${keys.keyOf(n)}`),
  );
  return [id, ...fields.slice(1)];
}

/** An object of parts, and not one of the shapes that buildSegment takes itself. */
const isNamed = (value: unknown): value is Readonly<Record<string, never>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !('repetitions' in value) &&
  !('raw' in value && typeof value.raw === 'string');

/** The values by number, [0] unused. */
function numbered<Value>(
  parts: Readonly<Record<string, Value>>,
  keys: PartKeys,
  at: string,
): (Value | undefined)[] {
  const found: (Value | undefined)[] = [undefined];
  for (const [key, value] of Object.entries(parts)) {
    const n = keys.numberOf(key);
    if (n === undefined) {
      const near = nearest(key, keys.known);
      throw new BuildError(
        `${at}.${key}`,
        `there is no such part.${near === undefined ? ' Name it by its number.' : ` Did you mean "${near}"?`}`,
      );
    }
    if (found[n] !== undefined) throw new BuildError(`${at}.${key}`, 'this part is given twice');
    found[n] = value;
  }
  return found;
}

function fieldContent(
  content: NewField | undefined,
  type: string,
  dictionary: Dictionary,
  at: string,
): FieldContent {
  if (isNamed(content)) return components(content, type, dictionary, at);
  if (content !== null && typeof content === 'object' && 'repetitions' in content) {
    const repetitions = content.repetitions as readonly unknown[];
    return {
      repetitions: repetitions.map((each) =>
        isNamed(each) ? components(each, type, dictionary, at) : (each as Content),
      ),
    };
  }
  return content as FieldContent;
}

function components(
  parts: NamedParts,
  type: string,
  dictionary: Dictionary,
  at: string,
): (Content | readonly Content[])[] {
  const definition = dictionary.type(type)?.components ?? [];
  const keys = componentKeys(dictionary, type);
  const byNumber = numbered(parts, keys, at);
  return Array.from(byNumber, (value, n) => {
    if (!isNamed(value)) return value as Content | readonly Content[];
    const inner = subcomponentKeys(dictionary, definition[n - 1]?.type ?? '');
    const own = numbered(value as Readonly<Record<string, Content>>, inner, `${at}.${keys.keyOf(n)}`);
    return Array.from(own).slice(1);
  }).slice(1);
}
