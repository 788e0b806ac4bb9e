import type { Annotation, CodeableConcept, Coding } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import type { Field } from '../line.ts';
import { elementOrNone, noteOf, present, type Reading, type Written } from '../reading.ts';
import type { Read } from '../rows.ts';
import { codingSystems, v2Table } from '../tables.ts';

/** What the guide's vocabulary map says of a field's own table: the codings of its codes. */
export type Vocabulary = (code: string) => Coding | undefined;

/** A concept map of the guide as a vocabulary. */
export function vocabulary(map: string): Vocabulary {
  const codes = conceptMap(map);
  return (code) => codes.get(code);
}

/**
 * CWE[CodeableConcept] (CE, CF, CNE alike): coding[1] of CWE.1-3 and 7, coding[2] of CWE.4-6 and 8, coding[3] of 10-13,
 * text of CWE.9. What the site says of a code comes first, then the field's vocabulary, then the coding system that the
 * message names. A code of which none of them knows a system keeps its code and text, and claims none.
 */
export function concept(
  reading: Reading,
  field: Field | undefined,
  codes?: Vocabulary,
): CodeableConcept | undefined {
  if (field === undefined) return undefined;
  const first = coding(reading, field, 1, codes);
  const text = field.get(9) ?? (first === undefined ? field.get(2) : undefined);
  const second = coding(reading, field, 4);
  const third = coding(reading, field, 10);
  if (first === undefined && second === undefined && third === undefined)
    return text === undefined ? undefined : { text };
  const found =
    second === undefined && third === undefined ? [first as Coding] : present(first, second, third);
  return text === undefined ? { coding: found } : { coding: found, text };
}

/** A CWE field as a CodeableConcept, by a map of the guide where it names one. */
export function toConcept(map?: string): Read {
  let codes: Vocabulary | undefined;
  return (field, reading) => {
    if (map !== undefined) codes ??= vocabulary(map);
    return concept(reading, field, codes);
  };
}

/** The same as a list of one, for elements that repeat where the field does not. */
export function toConcepts(map?: string): Read {
  const read = toConcept(map);
  return (field, reading, line) => {
    const value = read(field, reading, line);
    return value === undefined ? undefined : [value];
  };
}

/** CWE[Coding]. */
export const toCoding =
  (map?: string): Read =>
  (field, reading) =>
    coding(reading, field, 1, map === undefined ? undefined : vocabulary(map));

/**
 * CWE[code], ID and IS: only what a map of the guide (or the site) gives, since elements of type `code` take no other.
 * A code that neither knows is a finding.
 */
export const toCode =
  (map: string): Read =>
  (field, reading) => {
    const code = field.get(1);
    return code === undefined ? undefined : codeBy(reading, field.place, code, map);
  };

export function codeBy(reading: Reading, place: string, code: string, map: string): string | undefined {
  const known = reading.lookup.code?.(place, code)?.code ?? conceptMap(map).get(code)?.code;
  if (known === undefined) unmapped(reading, place, map);
  return known;
}

export function unmapped(reading: Reading, place: string, map: string): void {
  noteOf(
    reading,
    'unmapped-code',
    place,
    map,
    () => `${place} holds a code that the guide's map ${map} has not: map it in the site record.`,
  );
}

/** CWE[Coding] of the first, second or third triplet. */
export function coding(
  reading: Reading,
  field: Field,
  start: 1 | 4 | 10,
  codes?: Vocabulary,
): Coding | undefined {
  const code = field.get(start);
  if (code === undefined) return undefined;
  const site = start === 1 ? reading.lookup.code?.(field.place, code) : undefined;
  if (site !== undefined) return site;
  const named = field.get(start + 2);
  const local = named !== undefined && (named === 'L' || named.startsWith('99'));
  const known = local ? undefined : codes?.(code);
  if (known !== undefined) return known;
  const made: Written<Coding> = {};
  const system = systemNamed(reading, named, field, start);
  if (system !== undefined) made.system = system;
  const version = field.get(start === 1 ? 7 : start === 4 ? 8 : 13);
  if (version !== undefined) made.version = version;
  made.code = blanksOnce(code);
  const display = field.get(start + 1);
  if (display !== undefined) made.display = display;
  return made;
}

/** FHIR's `code` has no blanks at its ends and no two in a row. */
export const blanksOnce = (code: string): string => (/\s/.test(code) ? code.replace(/\s+/g, ' ') : code);

function systemNamed(
  reading: Reading,
  named: string | undefined,
  field: Field,
  start: 1 | 4 | 10,
): string | undefined {
  const oid = field.get(start === 1 ? 14 : start === 4 ? 17 : 20);
  if (named !== undefined) {
    const site = reading.lookup.codingSystem?.(named, field.place);
    if (site !== undefined) return site;
    const known = codingSystems.get(named);
    if (known !== undefined) return known;
    const table = named.startsWith('HL7') ? /^HL7(\d{4})$/.exec(named)?.[1] : undefined;
    if (table !== undefined) return v2Table(table);
    if (/^(https?:\/\/|urn:)\S+$/.test(named)) return named;
    if (/^[0-2](\.\d+){3,}$/.test(named)) return `urn:oid:${named}`;
  }
  return oid !== undefined && /^[0-2](\.\d+)+$/.test(oid) ? `urn:oid:${oid}` : undefined;
}

/** What a CWE says in words: its original text, else its text, else its code. */
export const conceptText = (field: Field): string | undefined => field.get(9) ?? field.get(2) ?? field.get(1);

/** CWE[Annotation]. */
export const toAnnotation: Read = (field) => {
  const text = conceptText(field);
  return text === undefined ? undefined : ({ text } satisfies Annotation);
};

/** A text as it stands: ST, TX, FT, with its separators where a sender left them unescaped. */
export const toText: Read = (field) => field.text.trim() || undefined;

/** ST[CodeableConcept]: a text alone. */
export const toTextConcept: Read = (field, reading) => {
  const known = concept(reading, field);
  if (known === undefined) return undefined;
  return known.text === undefined
    ? elementOrNone<CodeableConcept>({ ...known, text: conceptText(field) })
    : known;
};
