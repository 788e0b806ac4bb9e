import type { Delimiters } from './delimiters.ts';
import type { Dictionary } from './dictionary/definition.ts';
import { nearest } from './dictionary/nearest.ts';
import { componentKeys, mostParts, type PartKeys, segmentKeys, subcomponentKeys } from './field-key.ts';
import { idRaw, joined, line } from './json-compact.ts';
import { type Depth, isRaw, JsonError, type JsonValue, leafOf, leafRaw } from './json-leaf.ts';
import { componentParts, declares, repetitionParts, type SegmentParts, subcomponentParts } from './parts.ts';

/** A value by the names of its parts: `{"idNumber": "4711", "assigningAuthority": {"namespaceId": "EPIC"}}`. */
export type ReadableValue = JsonValue | ReadableParts | readonly ReadableValue[];

export interface ReadableParts {
  readonly [key: string]: ReadableValue | number;
}

/** `{"segment": "PID", "setId": "1", "patientName": [{...}]}`; a line that is no segment is `{"line": "..."}`. */
export type ReadableSegment = { readonly segment: string } & ReadableParts;
export type ReadableLine = ReadableSegment | { readonly line: string };

/** The type of a field; OBX-2 says that of OBX-5. */
export function fieldType(dictionary: Dictionary, id: string, n: number, valueType: string): string {
  if (id === 'OBX' && n === 5) return valueType;
  return dictionary.segment(id)?.fields[n - 1]?.type ?? '';
}

export function readableSegment(
  parts: SegmentParts,
  delimiters: Delimiters,
  dictionary: Dictionary,
): ReadableLine {
  const { id, fields } = parts;
  if (id === '' || fields.length > mostParts) return { line: parts.raw };
  const keys = segmentKeys(dictionary, id);
  const definitions = dictionary.segment(id)?.fields;
  const declared = id === 'OBX' ? leafOf(fields[2] ?? '', delimiters) : '';
  const valueType = typeof declared === 'string' ? declared : '';
  const written = numbered(
    fields.slice(1),
    keys,
    (raw, n) => {
      if (declares(id, n)) return raw;
      const repeats = (definitions?.[n - 1]?.repetitions ?? 1) !== 1;
      return readableField(raw, fieldType(dictionary, id, n, valueType), repeats, delimiters, dictionary);
    },
    0,
  );
  return { segment: id, ...written };
}

/** An object of the parts that are not empty; `trailing` counts the empty ones behind the last of these. */
function numbered(
  raws: readonly string[],
  keys: PartKeys,
  convert: (raw: string, n: number) => ReadableValue,
  least: number,
): Record<string, ReadableValue | number> {
  const object: Record<string, ReadableValue | number> = {};
  let last = least;
  for (const [i, raw] of raws.entries())
    if (raw !== '') {
      last = i + 1;
      object[keys.keyOf(last)] = convert(raw, last);
    }
  if (raws.length > last) object.trailing = raws.length - last;
  return object;
}

function readableField(
  raw: string,
  type: string,
  repeats: boolean,
  delimiters: Delimiters,
  dictionary: Dictionary,
): ReadableValue {
  const repetitions = repetitionParts(raw, delimiters);
  if (repetitions.length > mostParts) return { raw };
  if (repetitions.length === 1 && !repeats)
    return divided(raw, type, componentParts, delimiters, dictionary, 'component');
  return repetitions.map((each) => divided(each, type, componentParts, delimiters, dictionary, 'component'));
}

/** A repetition with its components, or a component with its subcomponents. */
function divided(
  raw: string,
  type: string,
  parts: (raw: string, delimiters: Delimiters) => string[],
  delimiters: Delimiters,
  dictionary: Dictionary,
  kind: 'component' | 'subcomponent',
): ReadableValue {
  if (raw === '' || raw === '""') return leafOf(raw, delimiters);
  const all = parts(raw, delimiters);
  const definition = dictionary.type(type)?.components ?? [];
  if (all.length > mostParts) return { raw };
  const below = (each: string, n: number): ReadableValue =>
    kind === 'subcomponent'
      ? leafOf(each, delimiters)
      : divided(
          each,
          definition[n - 1]?.type ?? '',
          subcomponentParts,
          delimiters,
          dictionary,
          'subcomponent',
        );
  if (all.length === 1 && definition.length === 0) {
    const leaf = leafOf(raw, delimiters);
    if (kind === 'subcomponent' || subcomponentParts(raw, delimiters).length === 1) return leaf;
  }
  const keys = kind === 'component' ? componentKeys(dictionary, type) : subcomponentKeys(dictionary, type);
  return numbered(all, keys, below, 1);
}

/** The segment as written. Throws JsonError. */
export function readableRaw(
  segment: unknown,
  delimiters: Delimiters,
  dictionary: Dictionary,
  at: string,
): string {
  if (!isObject(segment)) throw new JsonError(at, 'expected a segment as an object');
  if ('line' in segment) {
    if (typeof segment.line !== 'string') throw new JsonError(`${at}.line`, 'expected a text');
    return line(segment.line, `${at}.line`);
  }
  const id = idRaw(segment.segment, `${at}.segment`);
  const { segment: _, ...fields } = segment;
  const keys = segmentKeys(dictionary, id);
  const byNumber = numberedRaws(fields, keys, 0, at, `segment ${id}`);
  const declared = id === 'OBX' ? [byNumber[2]?.value].flat()[0] : '';
  const valueType = typeof declared === 'string' ? declared : '';
  const written = [id];
  for (const [n, part] of byNumber.entries()) {
    if (n === 0) continue;
    if (declares(id, n)) written.push(line(typeof part.value === 'string' ? part.value : '', part.at));
    else
      written.push(
        fieldRaw(part.value, fieldType(dictionary, id, n, valueType), delimiters, dictionary, part.at),
      );
  }
  return joined(written, delimiters, at);
}

interface NamedPart {
  readonly value: unknown;
  readonly at: string;
}

/** The parts in order of number, [0] unused; empty ones between and behind them included. */
function numberedRaws(
  object: Record<string, unknown>,
  keys: PartKeys,
  least: number,
  at: string,
  owner: string,
): NamedPart[] {
  const found: NamedPart[] = [];
  let last = least;
  let trailing = 0;
  for (const [key, value] of Object.entries(object)) {
    const place = `${at}.${key}`;
    if (key === 'trailing') {
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > mostParts)
        throw new JsonError(place, `expected how many empty parts follow, 0 to ${mostParts}`);
      trailing = value as number;
      continue;
    }
    const n = keys.numberOf(key);
    if (n === undefined) throw new JsonError(place, unknownKey(key, keys, owner));
    if (found[n] !== undefined)
      throw new JsonError(place, `the same part is given twice, also as ${found[n].at}`);
    found[n] = { value, at: place };
    last = Math.max(last, n);
  }
  return Array.from({ length: last + trailing + 1 }, (_, n) => found[n] ?? { value: undefined, at });
}

function unknownKey(key: string, keys: PartKeys, owner: string): string {
  const near = nearest(key, keys.known);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `${owner} has no part "${key.slice(0, 40)}" in this dictionary.${hint}`;
}

function fieldRaw(
  value: unknown,
  type: string,
  delimiters: Delimiters,
  dictionary: Dictionary,
  at: string,
): string {
  if (!Array.isArray(value)) return partRaw(value, type, 'field', delimiters, dictionary, at);
  if (value.length > 1 && delimiters.repetition === undefined)
    throw new JsonError(at, 'MSH-2 declares no repetition separator');
  return value
    .map((each, i) => partRaw(each, type, 'repetition', delimiters, dictionary, `${at}[${i}]`))
    .join(delimiters.repetition ?? '');
}

function partRaw(
  value: unknown,
  type: string,
  depth: Depth,
  delimiters: Delimiters,
  dictionary: Dictionary,
  at: string,
): string {
  if (!isObject(value) || isRaw(value)) return leafRaw(value, delimiters, depth, at);
  const inner = depth === 'component';
  const keys = inner ? subcomponentKeys(dictionary, type) : componentKeys(dictionary, type);
  const definition = dictionary.type(type)?.components ?? [];
  const separator = inner ? delimiters.subcomponent : delimiters.component;
  const parts = numberedRaws(value, keys, 1, at, type === '' ? 'this value' : `data type ${type}`).slice(1);
  if (parts.length > 1 && separator === undefined)
    throw new JsonError(at, 'MSH-2 declares no separator for parts of a component');
  return parts
    .map((part, i) =>
      inner
        ? leafRaw(part.value, delimiters, 'subcomponent', part.at)
        : partRaw(part.value, definition[i]?.type ?? '', 'component', delimiters, dictionary, part.at),
    )
    .join(separator ?? '');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
