import type { FieldDefinition } from '../dictionary/definition.ts';
import { dictionary as dictionaryOf } from '../dictionary/index.ts';
import { hl7Null } from '../escape.ts';
import { firstText, type SegmentParts } from '../parts.ts';
import type { Profile } from '../profile.ts';
import type { ContentRules } from './content.ts';

/** Coded data types, whose first component is the code. */
export const codedTypes: ReadonlySet<string> = new Set(['CE', 'CWE', 'CNE', 'CF']);

/**
 * Tables of HL7 that name other lists or allow codes of one's own: 0396 (99zzz, HL7nnnn, ISOnnnn), 0203 and 0301 (a
 * site's own assigners), 0399 (ISO 3166, in two lengths), 0061, 0104 and 0211 (later and regional additions), and 0191, 0291
 * and 0834 (kinds of data, which versions name by codes or by MIME types).
 */
const open = new Set([61, 104, 191, 203, 211, 291, 301, 396, 399, 834]);

/** Values of Z-codes: events (0003), messages (0076) and structures (0354) of a site's own begin with Z. */
const ownByZ = new Set([3, 76, 354]);

/**
 * The tables of HL7's own: those that a version with clean types uses in ID and never in IS (which says user-defined;
 * chapter 2A, "ID" and "IS"). Versions before 2.3 use ID for both.
 */
let hl7Tables: ReadonlySet<number> | undefined;

function isHl7Table(table: number): boolean {
  if (hl7Tables === undefined) {
    const clean = dictionaryOf('2.5.1');
    const used = { ID: new Set<number>(), IS: new Set<number>() };
    const types = new Set<string>();
    const note = ({ type, table: own }: FieldDefinition): void => {
      types.add(type);
      if (own !== undefined && (type === 'ID' || type === 'IS')) used[type].add(own);
    };
    for (const id of clean.segmentIds()) clean.segment(id)?.fields.forEach(note);
    // A Set goes on to what is added while it is gone through: types of components of types.
    for (const type of types) clean.type(type)?.components.forEach(note);
    hl7Tables = new Set([...used.ID].filter((each) => !used.IS.has(each) && !open.has(each)));
  }
  return hl7Tables.has(table);
}

/** Judges codes by their tables: those of HL7 for ID, and of the profile for every coded value. */
export class Tables {
  readonly #own: Readonly<Record<number, readonly string[]>>;

  constructor(profile: Profile | undefined) {
    this.#own = profile?.local?.tables ?? {};
  }

  /** OBX-2, by which OBX-5 is read. */
  valueType(parts: SegmentParts): string {
    return parts.id === 'OBX' ? (parts.fields[2] ?? '') : '';
  }

  checkPrimitive(text: string, path: string, definition: FieldDefinition, rules: ContentRules): void {
    const { table, type } = definition;
    if (table === undefined || !rules.report.looksAt('tables')) return;
    // IS is user-defined by its type; so are ST and the rest where they name a table.
    if (type === 'ID' || this.#own[table] !== undefined) this.#check(text, path, definition, table, rules);
  }

  checkCoded(
    components: readonly string[],
    path: string,
    definition: FieldDefinition,
    rules: ContentRules,
  ): void {
    const { table, type } = definition;
    if (table === undefined || this.#own[table] === undefined || !codedTypes.has(type)) return;
    if (!rules.report.looksAt('tables')) return;
    const code = firstText(components[0] ?? '', rules.delimiters);
    if (code !== '' && code !== hl7Null) this.#check(code, `${path}.1`, definition, table, rules);
  }

  #check(code: string, path: string, definition: FieldDefinition, table: number, rules: ContentRules): void {
    const own = this.#own[table];
    if (own?.includes(code)) return;
    if (own === undefined && (!isHl7Table(table) || (ownByZ.has(table) && code.startsWith('Z')))) return;
    const codes = rules.dictionary.table(table);
    if (own === undefined && (codes === undefined || codes.has(code))) return;
    const number = String(table).padStart(4, '0');
    rules.report.add(
      path,
      'table-code',
      `${definition.name} is not a code of table ${number}.`,
      `Send a code of the table, or list what this site sends under local.tables."${number}" in its profile.`,
    );
  }
}
