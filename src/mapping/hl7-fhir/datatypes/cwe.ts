import type { CodeableConcept, Coding } from '../../r4.ts';
import { element, elementOrNone, type Field, present, type Reading } from '../reading.ts';
import { codingSystems, v2Table } from '../tables.ts';

/** What the guide's vocabulary map says of a field's own table: the codings of its codes. */
export type Vocabulary = (code: string) => Coding | undefined;

/** A table whose codes keep their HL7 code system. */
export const ownTable =
  (table: string, texts: ReadonlyMap<string, string>): Vocabulary =>
  (code) => {
    const display = texts.get(code);
    return display === undefined ? undefined : { system: v2Table(table), code, display };
  };

/**
 * CWE[CodeableConcept]: coding[1] of CWE.1-3 and 7, coding[2] of CWE.4-6 and 8, text of CWE.9. What the site says of a
 * code comes first, then the field's vocabulary, then the coding system that the message names. A code of which none
 * of them knows a system keeps its code and text, and claims none.
 */
export function concept(
  reading: Reading,
  field: Field | undefined,
  vocabulary?: Vocabulary,
): CodeableConcept | undefined {
  if (field === undefined) return undefined;
  const text = field.get(9) ?? (field.get(1) === undefined ? field.get(2) : undefined);
  return elementOrNone<CodeableConcept>({
    coding: present(coding(reading, field, 1, vocabulary), coding(reading, field, 4)),
    text,
  });
}

/** CWE[Coding]. */
export function coding(
  reading: Reading,
  field: Field,
  start: 1 | 4,
  vocabulary?: Vocabulary,
): Coding | undefined {
  const code = field.get(start);
  if (code === undefined) return undefined;
  const site = start === 1 ? reading.lookup.code?.(field.place, code) : undefined;
  if (site !== undefined) return site;
  const named = field.get(start + 2);
  const local = named !== undefined && /^(L|99.*)$/.test(named);
  const known = local ? undefined : vocabulary?.(code);
  if (known !== undefined) return known;
  return element<Coding>({
    system: systemNamed(named, field, start),
    version: field.get(start === 1 ? 7 : 8),
    code,
    display: field.get(start + 1),
  });
}

function systemNamed(named: string | undefined, field: Field, start: 1 | 4): string | undefined {
  const oid = field.get(start === 1 ? 14 : 17);
  if (named === undefined) return oid === undefined ? undefined : `urn:oid:${oid}`;
  const table = /^HL7(\d{4})$/.exec(named)?.[1];
  if (table !== undefined) return v2Table(table);
  return codingSystems.get(named) ?? (oid === undefined ? undefined : `urn:oid:${oid}`);
}
