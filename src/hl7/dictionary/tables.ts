import { codes } from './codes.generated.ts';
import type {
  Dictionary,
  FieldDefinition,
  SegmentDefinition,
  StructureDefinition,
  TypeDefinition,
} from './definition.ts';
import { fields, segments, types, versions } from './fields.generated.ts';
import { readParts } from './grammar.ts';
import { events, structures } from './structures.generated.ts';

/** The versions there are tables of, oldest first. */
export const dictionaryVersions: readonly string[] = Object.freeze(versions.trim().split(' '));

/** A value that is made when it is first asked for. */
function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const linesOf = (text: string): string[] => text.slice(0, -1).split('\n');

/** The lines of a table by what stands before their first separator. */
function lineIndex(text: string, separator: string): ReadonlyMap<string, string> {
  return new Map(
    linesOf(text).map((line): [string, string] => {
      const at = line.indexOf(separator);
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

const segmentLines = lazy(() => lineIndex(segments, '|'));
const typeLines = lazy(() => lineIndex(types, '|'));
const structureLines = lazy(() => lineIndex(structures, '/'));
const eventLines = lazy(() => lineIndex(events, ' '));
const codeLines = lazy(() => lineIndex(codes, '|'));

/** All fields and components of all versions; a definition is shared by every place that has the same one. */
const variants = lazy(() => {
  const all: (readonly [name: string, variant: string])[] = [];
  for (const line of linesOf(fields)) {
    const [name = '', ...own] = line.split('|');
    for (const variant of own) all.push([name, variant]);
  }
  return all;
});
const definitions: FieldDefinition[] = [];

function fieldDefinition(ref: number): FieldDefinition {
  const known = definitions[ref];
  if (known !== undefined) return known;
  const [name, variant] = variants()[ref] ?? ['', ''];
  const [type = '', optionality = 'O', repetitions = '1', length = '', table = ''] = variant.split(' ');
  const definition: FieldDefinition = Object.freeze({
    name,
    type,
    optionality: optionality as FieldDefinition['optionality'],
    repetitions: Number(repetitions),
    ...(length === '' ? {} : { length: Number(length) }),
    ...(table === '' ? {} : { table: Number(table) }),
  });
  definitions[ref] = definition;
  return definition;
}

interface Decoded {
  readonly name: string;
  readonly fields: readonly FieldDefinition[];
}

/** Follows the changes of a segment or type up to a version; undefined when that version does not have it. */
function decode(line: string | undefined, version: number): Decoded | undefined {
  let name = '';
  let refs: string[] | undefined;
  for (const change of line?.split('|') ?? []) {
    const [head = '', ...changed] = change.split('~');
    const own = /^[\d.]+/.exec(head)?.[0] ?? '';
    if (dictionaryVersions.indexOf(own) > version) break;
    if (head.endsWith('-') && changed.length === 0) {
      refs = undefined;
      continue;
    }
    if (head.length > own.length) name = head.slice(own.length + 1);
    const [count = '0', ...pairs] = changed.join('~').split(' ');
    refs = (refs ?? []).slice(0, Number(count));
    for (const pair of pairs) {
      const at = pair.indexOf('=');
      refs[Number(pair.slice(0, at)) - 1] = pair.slice(at + 1);
    }
  }
  if (refs === undefined) return undefined;
  return { name, fields: Object.freeze(refs.map((ref) => fieldDefinition(Number.parseInt(ref, 36)))) };
}

function structureText(line: string | undefined, version: number): string | undefined {
  let text: string | undefined;
  for (const change of line?.split('/') ?? []) {
    const own = /^[\d.]+/.exec(change)?.[0] ?? '';
    if (dictionaryVersions.indexOf(own) > version) break;
    text = change[own.length] === '~' ? change.slice(own.length + 1) : undefined;
  }
  return text;
}

const tableCache = new Map<number, ReadonlySet<string>>();

function tableCodes(number: number): ReadonlySet<string> | undefined {
  const known = tableCache.get(number);
  if (known !== undefined) return known;
  const line = codeLines().get(String(number));
  if (line === undefined) return undefined;
  const table = new Set(line.split('|'));
  tableCache.set(number, table);
  return table;
}

/** One version; a definition is decoded when it is first asked for. */
export class VersionDictionary implements Dictionary {
  readonly version: string;
  readonly #at: number;
  readonly #segments = new Map<string, SegmentDefinition | undefined>();
  readonly #types = new Map<string, TypeDefinition | undefined>();
  readonly #structures = new Map<string, StructureDefinition | undefined>();
  #segmentIds: readonly string[] | undefined;

  constructor(version: string) {
    this.version = version;
    this.#at = dictionaryVersions.indexOf(version);
  }

  segment(id: string): SegmentDefinition | undefined {
    return remembered(this.#segments, id, () => {
      const decoded = decode(segmentLines().get(id), this.#at);
      return decoded && Object.freeze({ id, name: decoded.name, fields: decoded.fields });
    });
  }

  type(id: string): TypeDefinition | undefined {
    return remembered(this.#types, id, () => {
      const decoded = decode(typeLines().get(id), this.#at);
      return decoded && Object.freeze({ id, name: decoded.name, components: decoded.fields });
    });
  }

  structure(id: string): StructureDefinition | undefined {
    return remembered(this.#structures, id, () => {
      const text = structureText(structureLines().get(id), this.#at);
      return text === undefined ? undefined : Object.freeze({ id, parts: readParts(text) });
    });
  }

  structureOf(code: string, trigger: string): StructureDefinition | undefined {
    if (code === 'ACK') return this.structure('ACK');
    const event = `${code}_${trigger}`;
    const shared = eventLines().get(event);
    return this.structure(event) ?? (shared === undefined ? undefined : this.structure(shared));
  }

  table(number: number): ReadonlySet<string> | undefined {
    return tableCodes(number);
  }

  segmentIds(): readonly string[] {
    this.#segmentIds ??= [...segmentLines().keys()].filter((id) => this.segment(id) !== undefined);
    return this.#segmentIds;
  }

  structureIds(): readonly string[] {
    return [...structureLines().keys()].filter((id) => this.structure(id) !== undefined);
  }
}

/** Ids come from messages: one that the standard does not know is not remembered, so that they cannot fill memory. */
function remembered<Value>(
  known: Map<string, Value | undefined>,
  id: string,
  make: () => Value | undefined,
): Value | undefined {
  const found = known.get(id);
  if (found !== undefined) return found;
  const made = make();
  if (made !== undefined) known.set(id, made);
  return made;
}
