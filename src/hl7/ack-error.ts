/** Errors in an acknowledgement: the ERR segment in the form of each version, written and read. */
import { buildSegment, type FieldContent } from './build.ts';
import type { Delimiters } from './delimiters.ts';
import type { Message, Segment } from './message.ts';

/** One error of an acknowledgement. */
export interface AckFault {
  /** HL7 table 0357; 207 (application internal error) when left out. */
  readonly code?: string;
  readonly text?: string;
  /** Where: ERR-2, or the front of ERR-1 before 2.5. Numbers from 1. */
  readonly segment?: string;
  readonly segmentSequence?: number;
  readonly field?: number;
  readonly repetition?: number;
  readonly component?: number;
  /** ERR-4, from 2.5 on: `E` unless given. */
  readonly severity?: 'I' | 'W' | 'E' | 'F';
  /** ERR-5, from 2.5 on: the receiver's own code. */
  readonly applicationCode?: string;
  /** ERR-7, from 2.5 on: for whoever looks after the receiver. */
  readonly diagnostic?: string;
}

/** HL7 table 0357, message error condition codes. */
export const ackErrorTexts: Readonly<Record<string, string>> = {
  '0': 'Message accepted',
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '204': 'Unknown key identifier',
  '205': 'Duplicate key identifier',
  '206': 'Application record locked',
  '207': 'Application internal error',
};

/** `2.3.1` as 2003001, so that versions compare as numbers; an unknown one counts as the newest form of 2.5. */
export function versionNumber(version: string): number {
  const [, major = '2', minor = '5', patch = '0'] = version.match(/^(\d+)\.(\d+)(?:\.(\d+))?/) ?? [];
  return Number(major) * 1_000_000 + Number(minor) * 1_000 + Number(patch);
}

/** One line of 80 characters at most (the length of MSA-3), cut between characters, never within one. */
export const shortened = (text: string): string =>
  text === '' ? '' : Array.from(text.slice(0, 1_000).replace(/\s+/g, ' ').trim()).slice(0, 80).join('');

/** How a text is written: in the character set, and without what it or the delimiters cannot hold. */
type Say = (text: string) => string;

/**
 * The ERR segments for these errors, as lines.
 *
 * - 2.1 and 2.2: none. ERR-1 has no agreed form there, and MSA-3 says it.
 * - 2.3 to 2.4: one ERR, each error a repetition of ERR-1 `segment^sequence^field^code&text&table` (2.4 chapter 2.16.5.1).
 * - 2.5 and later: one ERR for each error, with ERR-2, 3, 4, 5, 7 and 8 (2.5 chapter 2.15.5).
 */
export function errorSegments(
  faults: readonly AckFault[],
  version: number,
  delimiters: Delimiters,
  say: Say,
): string[] {
  if (version < 2_003_000) return [];
  if (version >= 2_005_000)
    return faults.map((fault) => buildSegment('ERR', modernFields(fault, say), delimiters));
  const repetitions = faults.map((fault) => {
    const code = say(fault.code ?? '207');
    const text = say(shortened(fault.text ?? ''));
    const { segment, sequence } = placeOf(fault, say);
    return [
      segment,
      sequence,
      number(fault.field),
      [code, text || say(meaningOfCode(code) ?? ''), 'HL70357'],
    ];
  });
  return [buildSegment('ERR', [{ repetitions }], delimiters)];
}

/** An own entry only: a code may be `toString`. */
const meaningOfCode = (code: string): string | undefined =>
  Object.hasOwn(ackErrorTexts, code) ? ackErrorTexts[code] : undefined;

function modernFields(fault: AckFault, say: Say): FieldContent[] {
  const code = say(fault.code ?? '207');
  const meaning = meaningOfCode(code);
  const { segment, sequence } = placeOf(fault, say);
  const where = [segment, sequence, number(fault.field), number(fault.repetition), number(fault.component)];
  const said = (text: string | undefined): FieldContent => (text ? [say(shortened(text))] : undefined);
  return [
    undefined,
    where,
    [code, meaning && say(meaning), meaning === undefined ? undefined : 'HL70357'],
    fault.severity ?? 'E',
    said(fault.applicationCode),
    undefined,
    said(fault.diagnostic),
    said(fault.text),
  ];
}

/** A segment that is named without a number is the first. */
function placeOf({ segment, segmentSequence }: AckFault, say: Say) {
  const id = segment && say(segment);
  return { segment: id, sequence: number(segmentSequence ?? (id ? 1 : undefined)) };
}

const number = (n: number | undefined): string | undefined => (n === undefined ? undefined : String(n));

/**
 * The errors that an acknowledgement names, whichever form its sender chose: the form is told by ERR-3, not by MSH-12,
 * since receivers copy the version of the message and keep their own ERR.
 */
export function errorsOf(message: Message): AckFault[] {
  return message
    .segments('ERR')
    .slice(0, mostErrors)
    .flatMap((segment) =>
      segment.get('3') || segment.get('2') ? [modernFault(segment)] : oldFaults(segment),
    );
}

/** A receiver with more to say than this is not read further. */
const mostErrors = 100;

type Open<Type> = { -readonly [Key in keyof Type]: Type[Key] };

function modernFault(segment: Segment): AckFault {
  const fault: Open<AckFault> = {};
  const code = segment.get('3.1');
  const text = segment.get('8') || segment.get('7') || segment.get('3.9') || segment.get('3.2');
  const severity = segment.get('4');
  const applicationCode = segment.get('5.1');
  const diagnostic = segment.get('7');
  if (code) fault.code = code;
  if (text) fault.text = text;
  place(fault, (component) => segment.get(`2.${component}`));
  if (severity === 'I' || severity === 'W' || severity === 'E' || severity === 'F') fault.severity = severity;
  if (applicationCode) fault.applicationCode = applicationCode;
  if (diagnostic) fault.diagnostic = diagnostic;
  return fault;
}

function oldFaults(segment: Segment): AckFault[] {
  const count = Math.min(segment.getAll('1[*]').length, mostErrors);
  return Array.from({ length: count }, (_, i): AckFault => {
    const get = (path: string): string | undefined => segment.get(`1[${i + 1}].${path}`);
    const fault: Open<AckFault> = {};
    const code = get('4.1');
    const rest = get('2') || get('3') || get('4');
    // Before 2.3 the field is free text, and some receivers still write it so.
    const text = rest ? get('4.2') || code : get('1');
    if (code) fault.code = code;
    if (text) fault.text = text;
    if (rest) place(fault, (component) => (component <= 3 ? get(String(component)) : undefined));
    return fault;
  });
}

function place(fault: Open<AckFault>, get: (component: number) => string | undefined): void {
  const count = (component: number): number | undefined => Number(get(component)) || undefined;
  const [segment, sequence, field, repetition, part] = [get(1), count(2), count(3), count(4), count(5)];
  if (segment) fault.segment = segment;
  if (sequence !== undefined) fault.segmentSequence = sequence;
  if (field !== undefined) fault.field = field;
  if (repetition !== undefined) fault.repetition = repetition;
  if (part !== undefined) fault.component = part;
}
