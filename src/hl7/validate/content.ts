import type { Delimiters } from '../delimiters.ts';
import type { Dictionary, FieldDefinition } from '../dictionary/definition.ts';
import { hl7Null, unescapeText } from '../escape.ts';
import { fieldType } from '../json-readable.ts';
import {
  componentParts,
  declares,
  hasContent,
  repetitionParts,
  type SegmentParts,
  subcomponentParts,
} from '../parts.ts';
import { componentFormat, type Format, formatOf } from './format.ts';
import type { Report } from './report.ts';
import type { Tables } from './tables.ts';

/** What the values of one message are judged by. */
export interface ContentRules {
  readonly delimiters: Delimiters;
  readonly dictionary: Dictionary;
  readonly tables: Tables;
  readonly report: Report;
}

/** A value, where it stands, and what it is defined as. */
interface Place {
  readonly path: string;
  readonly definition: FieldDefinition | undefined;
  /** The data type it is a component of. */
  readonly owner: string;
  readonly number: number;
}

/** What is kept for older versions or withdrawn has lost its type in the definitions (PID-2 and XAD.12 of 2.7). */
const isObsolete = ({ optionality }: FieldDefinition): boolean => /[BWX]/.test(optionality);

/** Judges the fields of one segment by its definition; segments that have none are left alone. */
export function checkContent(parts: SegmentParts, path: string, rules: ContentRules): void {
  const { report, dictionary, delimiters } = rules;
  const segment = dictionary.segment(parts.id);
  if (segment === undefined) return;
  const { fields } = segment;
  for (const [i, definition] of fields.entries()) {
    const raw = parts.fields[i + 1] ?? '';
    if (declares(parts.id, i + 1)) continue;
    if (!hasContent(raw, delimiters)) {
      // MSH-9 and MSH-10 have rules of their own.
      const told = parts.id === 'MSH' && (i === 8 || i === 9) && report.looksAt('syntax');
      if (definition.optionality === 'R' && !told && report.looksAt('required'))
        report.add(
          `${path}-${i + 1}`,
          'required-field',
          `${definition.name} is empty.`,
          `HL7 ${dictionary.version} requires it wherever ${parts.id} stands: fill it at the sender, or let the profile of the site say what it requires.`,
        );
      continue;
    }
    checkField(parts, i + 1, raw, definition, path, rules);
  }
  checkExtraFields(parts, fields.length, path, rules);
  checkValueType(parts, path, rules);
}

function checkExtraFields(
  parts: SegmentParts,
  defined: number,
  path: string,
  { report, delimiters, dictionary }: ContentRules,
): void {
  if (defined === 0 || parts.fields.length - 1 <= defined || !report.looksAt('types')) return;
  const extra = parts.fields.slice(defined + 1).findIndex((raw) => hasContent(raw, delimiters));
  if (extra < 0) return;
  report.add(
    `${path}-${defined + 1 + extra}`,
    'extra-field',
    `${parts.id} has ${defined} fields in HL7 ${dictionary.version}, and this one stands behind them.`,
    'Check MSH-12, or describe the field under "local" in the profile of the site.',
  );
}

/** OBX-5 can only be read by OBX-2 (chapter 7, "OBX-2 Value Type": required where OBX-5 is valued). */
function checkValueType(parts: SegmentParts, path: string, { report, delimiters }: ContentRules): void {
  if (parts.id !== 'OBX' || !report.looksAt('types')) return;
  if (hasContent(parts.fields[2] ?? '', delimiters) || !hasContent(parts.fields[5] ?? '', delimiters)) return;
  if (parts.fields[5] === hl7Null) return;
  report.add(
    `${path}-2`,
    'value-type',
    'Value Type is empty, but Observation Value is filled.',
    'Name the data type of OBX-5, such as NM, ST or CWE.',
  );
}

function checkField(
  parts: SegmentParts,
  n: number,
  raw: string,
  definition: FieldDefinition,
  path: string,
  rules: ContentRules,
): void {
  const { delimiters, report, dictionary } = rules;
  const repetitions = repetitionParts(raw, delimiters);
  const allowed = definition.repetitions;
  if (allowed > 0 && !isObsolete(definition) && repetitions.length > allowed && report.looksAt('cardinality'))
    report.add(
      `${path}-${n}`,
      'extra-repetition',
      `${definition.name} stands ${repetitions.length} times; HL7 ${dictionary.version} allows ${allowed === 1 ? 'one' : allowed}.`,
      'Read every repetition (PID-3[2]), or escape the repetition separator where it is meant as text.',
    );
  if (isObsolete(definition)) return;
  const type = fieldType(dictionary, parts.id, n, rules.tables.valueType(parts));
  const own = type === definition.type ? definition : { ...definition, type };
  for (const [i, repetition] of repetitions.entries()) {
    if (repetition === '' || repetition === hl7Null) continue;
    const where = repetitions.length > 1 ? `${path}-${n}[${i + 1}]` : `${path}-${n}`;
    checkParts(repetition, { path: where, definition: own, owner: '', number: n }, 0, rules);
  }
}

/** Depth 0: a repetition with its components; 1: a component with its subcomponents; 2: a subcomponent. */
function checkParts(raw: string, place: Place, depth: 0 | 1 | 2, rules: ContentRules): void {
  const { definition, path } = place;
  if (definition === undefined) return;
  const { delimiters, dictionary, report } = rules;
  const components = dictionary.type(definition.type)?.components ?? [];
  const all =
    depth === 0 ? componentParts(raw, delimiters) : depth === 1 ? subcomponentParts(raw, delimiters) : [raw];
  if (depth === 0) checkLength(raw, place, rules);
  // Primitives, and composites below what a message can divide.
  if (components.length === 0 || depth === 2) {
    if (depth === 2 && components.length > 0) return;
    checkPrimitive(all, place, depth, rules);
    return;
  }
  checkExtraParts(all, components.length, place, depth, rules);
  rules.tables.checkCoded(all, place.path, definition, rules);
  for (const [i, component] of components.entries()) {
    // A site's own data type may leave places open.
    if (component === undefined || isObsolete(component)) continue;
    const text = all[i] ?? '';
    const inner = `${path}.${i + 1}`;
    if (text !== '' && text !== hl7Null)
      checkParts(
        text,
        { path: inner, definition: component, owner: definition.type, number: i + 1 },
        depth === 0 ? 1 : 2,
        rules,
      );
    else if (
      text === '' &&
      component.optionality === 'R' &&
      report.looksAt('required') &&
      hasContent(raw, delimiters)
    )
      report.add(
        inner,
        'required-component',
        `${component.name} is empty; the data type ${definition.type} requires it.`,
        'Fill it where the receiver needs it.',
      );
  }
}

function checkPrimitive(all: readonly string[], place: Place, depth: 0 | 1 | 2, rules: ContentRules): void {
  const { definition, path } = place;
  if (definition === undefined) return;
  const type = definition.type;
  // Of a type that the dictionary does not know, nothing is known; text types may hold what looks like parts.
  if (rules.dictionary.type(type) === undefined && formatOf(type) === undefined) return;
  if (depth < 2) checkExtraParts(all, 1, place, depth, rules);
  const first = all[0] ?? '';
  const text = unescapeText(
    depth === 0 ? (subcomponentParts(first, rules.delimiters)[0] ?? '') : first,
    rules.delimiters,
  );
  if (text === '' || text === hl7Null) return;
  const format: Format | undefined = componentFormat(place.owner, place.number) ?? formatOf(type);
  if (format !== undefined && rules.report.looksAt('types') && !format.accepts(text))
    rules.report.add(
      path,
      'type-format',
      `${definition.name} is not written as ${type === 'ST' ? `${place.owner}.${place.number}` : type}.`,
      format.fix,
    );
  rules.tables.checkPrimitive(text, path, definition, rules);
}

function checkExtraParts(
  all: readonly string[],
  defined: number,
  { path, definition }: Place,
  depth: 0 | 1 | 2,
  { report, delimiters }: ContentRules,
): void {
  if (all.length <= defined || !report.looksAt('types')) return;
  const extra = all.slice(defined).findIndex((raw) => hasContent(raw, delimiters));
  if (extra < 0) return;
  const part = depth === 0 ? 'component' : 'subcomponent';
  report.add(
    `${path}.${defined + 1 + extra}`,
    `extra-${part}`,
    `The data type ${definition?.type} has ${defined} ${part}${defined === 1 ? '' : 's'}, and this one stands behind them.`,
    defined === 1
      ? 'Escape the delimiters where they are meant as text.'
      : 'Check MSH-12, or describe the data type under "local" in the profile of the site.',
  );
}

function checkLength(raw: string, { path, definition }: Place, { report, delimiters }: ContentRules): void {
  if (definition?.length === undefined || !report.looksAt('lengths')) return;
  const { length } = unescapeText(raw, delimiters);
  if (length > definition.length)
    report.add(
      path,
      'length',
      `${definition.name} has ${length} characters; the standard gives ${definition.length}.`,
      'Make sure that the receiver does not cut it.',
    );
}
