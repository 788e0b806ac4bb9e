/** What is kept in mind while one message is written: the site's ways, and what could not be carried. */
import {
  type Charset,
  CharsetError,
  type Content,
  type Delimiters,
  EscapeError,
  escapeText,
  type FieldContent,
  hl7Null,
} from '../../../hl7/index.ts';
import type { Coding } from '../../r4.ts';
import type { Given, GivenSet } from './given.ts';
import { siteTime } from './time.ts';

/** What a site calls an identifier system: components 4 and 5 of a CX, 9 and 13 of an XCN. */
export interface Assigner {
  /** The namespace, `EPI`. */
  readonly assigner?: string;
  /** The identifier type, `MR`. */
  readonly type?: string;
  /** The universal id with its type (`ISO`, `UUID`, `URI` ...), where the site wants it. */
  readonly universalId?: string;
  readonly universalIdType?: string;
}

/** What each site decides for itself; the counterpart of the reading's `Lookup`. */
export interface WritingLookup {
  /** How the site writes identifiers of a system at a place (`PID-3`); `undefined` when its record does not say. */
  identifier?(system: string, place: string): Assigner | undefined;
  /** The site's own code for a FHIR coding at a place (`PV1-2`, `SCH-8`); `system` as component 3 names it. */
  code?(
    place: string,
    coding: Coding,
  ): { readonly code: string; readonly text?: string; readonly system?: string } | undefined;
}

/** Something that the message does not say, or not as FHIR said it. Never with a value of the patient. */
export interface WritingFinding {
  readonly code:
    | 'missing'
    | 'not-carried'
    | 'changed'
    | 'conflict'
    | 'unmapped-code'
    | 'unresolved-reference'
    | 'unreadable-time'
    | 'unwritable-text';
  readonly severity: 'error' | 'warning' | 'information';
  /** Where in FHIR: `Patient.name[0].period`; of a second resource of a type `Observation(2).note[0]`. */
  readonly path: string;
  /** Where in the message, when there is such a place: `PID-5`. */
  readonly place?: string;
  /** One sentence: what happened. */
  readonly text: string;
  /** One sentence: what to do about it. */
  readonly fix: string;
}

export interface Writing {
  readonly set: GivenSet;
  /** Whom PID and which visit PV1 are about: the only ones that anything else in the message may be about. */
  readonly patient: Given | undefined;
  readonly encounter: Given | undefined;
  readonly timeZone: string;
  /** 2.51 for 2.5.1, to compare. */
  readonly version: number;
  readonly delimiters: Delimiters;
  readonly charset: Charset;
  readonly lookup: WritingLookup;
  readonly findings: WritingFinding[];
}

export type SegmentFields = readonly [id: string, ...fields: FieldContent[]];

/** A segment by field numbers: `segment('PID', { 3: ..., 5: ... })`. */
export function segment(id: string, fields: Readonly<Record<number, FieldContent>>): SegmentFields {
  const last = Math.max(0, ...Object.keys(fields).map(Number));
  return [id, ...Array.from({ length: last }, (_, index) => fields[index + 1])];
}

export function note(writing: Writing, finding: WritingFinding): void {
  const same = (each: WritingFinding): boolean =>
    each.code === finding.code && each.path === finding.path && each.place === finding.place;
  if (!writing.findings.some(same)) writing.findings.push(finding);
}

/** The text of an element, with characters replaced that this message cannot hold. */
export function said(writing: Writing, given: Given | undefined, name: string): string | undefined {
  const text = given?.text(name);
  return given === undefined || text === undefined ? undefined : writable(writing, text, given.at(name));
}

/** A text that the message's character set and delimiters can hold; `?` for what they cannot. */
export function writable(writing: Writing, text: string, path: string): string {
  if (text.trim() === hl7Null) {
    note(writing, {
      code: 'unwritable-text',
      severity: 'warning',
      path,
      text: `${path} is two quotation marks, which in HL7 v2 would delete what the site has; nothing is written.`,
      fix: 'Leave the element out.',
    });
    return '';
  }
  try {
    writing.charset.encode(escapeText(text, writing.delimiters));
    return text;
  } catch (error) {
    if (!(error instanceof CharsetError) && !(error instanceof EscapeError)) throw error;
    note(writing, {
      code: 'unwritable-text',
      severity: 'warning',
      path,
      text: `${path} holds characters that ${error instanceof CharsetError ? writing.charset.name : 'a message without escape character'} cannot hold; each is written as "?".`,
      fix: 'Write the message as UNICODE UTF-8, with an escape character, if the site reads that.',
    });
    return Array.from(text, (character) => {
      try {
        writing.charset.encode(escapeText(character, writing.delimiters));
        return character;
      } catch {
        return '?';
      }
    }).join('');
  }
}

/** A FHIR date or dateTime as HL7 writes it, in the site's zone, to the precision given. */
export function time(writing: Writing, given: Given | undefined, name: string): string | undefined {
  const text = given?.text(name);
  if (given === undefined || text === undefined) return undefined;
  const written = siteTime(text, writing.timeZone);
  if (written === undefined)
    note(writing, {
      code: 'unreadable-time',
      severity: 'warning',
      path: given.at(name),
      text: `${given.at(name)} is not a time as FHIR writes it; the field stays empty.`,
      fix: 'Give a date or a dateTime of FHIR R4.',
    });
  return written;
}

/** Notes an element that FHIR has and this message has no place for, and takes it. */
export function lost(writing: Writing, given: Given, name: string, why: string): void {
  if (!given.has(name)) return;
  given.take(name);
  note(writing, {
    code: 'not-carried',
    severity: 'warning',
    path: given.at(name),
    text: `${given.at(name)} is not in the message: ${why}.`,
    fix: 'Send it on another way if the site needs it.',
  });
}

/** A change of form that a reader cannot undo. */
export function changed(writing: Writing, path: string, place: string, text: string): void {
  note(writing, {
    code: 'changed',
    severity: 'information',
    path,
    place,
    text,
    fix: 'Nothing, unless the site must get exactly what FHIR said.',
  });
}

export const repeated = (
  repetitions: readonly (Content | readonly (Content | readonly Content[])[])[],
): FieldContent => (repetitions.length === 0 ? undefined : { repetitions });
