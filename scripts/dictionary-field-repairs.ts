/** What is wrong in single fields of the HL7 dictionary's source, and what it is put right with. */
import type { SourceDefinition, SourceField, VersionSource } from './dictionary-repairs.ts';

const from27 = new Set(['2.7', '2.7.1', '2.8']);

export function repairedField(
  version: string,
  owner: string,
  n: number,
  field: SourceField,
  types: Readonly<Record<string, SourceDefinition>>,
): SourceField {
  // OBX-5 (7.4.2.5), MFE-4 and MFA-5 (chapter 8, "MFE" and "MFA"), RDT-1 and QPD-3 (chapter 5, "RDT" and "QPD") are of
  // data type "varies" in 2.7 and 2.8 as before; the source says ST.
  const varies = new Set(['OBX-5', 'MFE-4', 'MFA-5', 'RDT-1', 'QPD-3']);
  const isVaries = field.type === 'VARIES' || (from27.has(version) && varies.has(`${owner}-${n}`));
  const repaired = { ...field, type: isVaries ? 'varies' : field.type };
  if (types[field.type] === undefined && !isVaries)
    throw new Error(`${version} ${owner}-${n}: no type ${field.type}`);
  // From 2.7 on, lengths of composite types are withdrawn and those of texts are conformance lengths, which may be
  // exceeded (chapter 2, "Length" and "Conformance length"); the source repeats the limits of 2.6. Codes and set ids keep theirs.
  if (from27.has(version) && !['ID', 'SI'].includes(repaired.type)) return withoutLength(repaired);
  // 65536 and 99999 say "without limit" (chapter 2, "Length"); the source also writes 65535 and 10000000.
  if ((repaired.len ?? 0) >= 65_535) return withoutLength(repaired);
  return repaired;
}

function withoutLength({ len: _, ...field }: SourceField): SourceField {
  return field;
}

/**
 * Puts right what a version says of a field against the versions before and after it; what those two say differently
 * from each other is left alone. [versions, oldest first].
 */
export function repairedBetween(sources: readonly VersionSource[]): VersionSource[] {
  const segments = repairedRows(sources.map((source) => source.segments));
  const types = repairedRows(sources.map((source) => source.types));
  return sources.map((source, i) => ({
    ...source,
    segments: segments[i] ?? source.segments,
    types: types[i] ?? source.types,
  }));
}

type Definitions = Readonly<Record<string, SourceDefinition>>;
type Repair = (field: SourceField, before: SourceField, after: SourceField) => SourceField;

function repairedRows(versions: readonly Definitions[]): Definitions[] {
  // That a field is required is looked for before that it is not: with OM1-2 of 2.3.1 put right, that of 2.3 no longer
  // stands alone.
  return [tableForCount, single, otherTable, short, forgottenRequired, requiredAlone].reduce(
    (rows: readonly Definitions[], repair) =>
      rows.map((definitions, i) => repairedDefinitions(definitions, rows[i - 1], rows[i + 1], repair)),
    versions,
  ) as Definitions[];
}

function repairedDefinitions(
  definitions: Definitions,
  before: Definitions | undefined,
  after: Definitions | undefined,
  repair: Repair,
): Definitions {
  if (before === undefined || after === undefined) return definitions;
  return Object.fromEntries(
    Object.entries(definitions).map(([id, definition]) => {
      const fields = Object.entries(definition.fields ?? {}).map(([n, field]): [string, SourceField] => {
        const older = before[id]?.fields?.[n];
        const newer = after[id]?.fields?.[n];
        return [n, older === undefined || newer === undefined ? field : repair(field, older, newer)];
      });
      return [id, { ...definition, fields: Object.fromEntries(fields) }];
    }),
  );
}

/** OBX-2 of 2.5.1 stands up to 125 times: the number of its table has come into the wrong column. */
const tableForCount: Repair = (field, before) => {
  if (field.rep === undefined || field.rep !== field.table) return field;
  return { ...field, rep: before.rep ?? 1 };
};

const countOf = ({ rep = 1 }: SourceField): number => (rep === 'infinite' ? Number.POSITIVE_INFINITY : rep);

/** One alone, where it repeats in the versions around: OBR-27 of 2.3, OBX-8 of 2.4 (`Y/5` in its chapter 7). */
const single: Repair = (field, before, after) => {
  const around = countOf(before) < countOf(after) ? before : after;
  return countOf(field) === 1 && countOf(around) > 1 ? { ...field, rep: around.rep ?? 1 } : field;
};

/** Another table than both name: NST-1 of 2.3 (yes or no, 0136), PRA-4 of 2.3, VID-2 of 2.6. */
const otherTable: Repair = (field, before, after) =>
  field.table !== undefined && before.table !== undefined && before.table === after.table
    ? { ...field, table: before.table }
    : field;

/** Less than half of the length that both give, for the same type: OBX-7 of 2.3 has 10 characters, else 60. */
const short: Repair = (field, before, after) => {
  const around = before.len;
  const same = field.type === before.type && field.type === after.type && around === after.len;
  return same && around !== undefined && field.len !== undefined && field.len * 2 < around
    ? { ...field, len: around }
    : field;
};

const folded = ({ desc = '' }: SourceField): string => desc.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** Not required, though it is in both, and one of them calls it the same: ORC-1 of 2.3.1, IN1-2 of 2.3. */
const forgottenRequired: Repair = (field, before, after) => {
  const same = folded(field) === folded(before) || folded(field) === folded(after);
  return same && before.opt === 'R' && after.opt === 'R' ? { ...field, opt: 'R' } : field;
};

/** Required in one version alone: FT1-14 of 2.2, NK1-7, OBR-27, ORC-7, OM3-7 and RXG-2 of 2.3, OBX-4 of 2.3.1. */
const requiredAlone: Repair = (field, before, after) =>
  field.opt === 'R' && before.opt !== 'R' && after.opt !== 'R' ? { ...field, opt: after.opt ?? 'O' } : field;
