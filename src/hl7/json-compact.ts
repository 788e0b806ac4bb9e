import type { Delimiters } from './delimiters.ts';
import { type Depth, isRaw, JsonError, type JsonValue, leafOf, leafRaw } from './json-leaf.ts';
import {
  componentParts,
  declares,
  isHeaderId,
  repetitionParts,
  type SegmentParts,
  subcomponentParts,
} from './parts.ts';

/** A field: one value, its components (each a value or its subcomponents), or its repetitions. */
export type CompactField = CompactRepetition | { readonly repetitions: readonly CompactRepetition[] };
export type CompactRepetition = JsonValue | readonly (JsonValue | readonly JsonValue[])[];

/** `["PID", "1", "", ["4711", "", "", "EPIC", "MR"]]`: field n at index n. A line that is no segment is a text. */
export type CompactSegment = string | readonly [id: string, ...fields: CompactField[]];

export function compactSegment(parts: SegmentParts, delimiters: Delimiters): CompactSegment {
  if (parts.id === '') return parts.raw;
  const segment: [string, ...CompactField[]] = [parts.id];
  for (let n = 1; n < parts.fields.length; n += 1) {
    const raw = parts.fields[n] ?? '';
    segment.push(declares(parts.id, n) ? raw : compactField(raw, delimiters));
  }
  return segment;
}

function compactField(raw: string, delimiters: Delimiters): CompactField {
  if (raw === '') return '';
  const repetitions = repetitionParts(raw, delimiters);
  return repetitions.length === 1
    ? compactRepetition(raw, delimiters)
    : { repetitions: repetitions.map((each) => compactRepetition(each, delimiters)) };
}

function compactRepetition(raw: string, delimiters: Delimiters): CompactRepetition {
  const components = componentParts(raw, delimiters).map((component) => {
    const subcomponents = subcomponentParts(component, delimiters);
    return subcomponents.length === 1
      ? leafOf(component, delimiters)
      : subcomponents.map((each) => leafOf(each, delimiters));
  });
  const [only] = components;
  return components.length === 1 && only !== undefined && !Array.isArray(only) ? only : components;
}

/** The segment as written. Throws JsonError. */
export function compactRaw(segment: unknown, delimiters: Delimiters, at: string): string {
  if (typeof segment === 'string') return line(segment, at);
  if (!Array.isArray(segment))
    throw new JsonError(at, 'expected a segment as a list: its id, then its fields');
  const [id, ...fields] = segment as unknown[];
  const written = [idRaw(id, `${at}[0]`)];
  for (const [i, field] of fields.entries()) {
    const n = i + 1;
    const place = `${at}[${n}]`;
    if (declares(written[0] as string, n)) {
      if (typeof field !== 'string') throw new JsonError(place, 'expected the delimiters as a text');
      written.push(line(field, place));
    } else written.push(fieldRaw(field, delimiters, place));
  }
  return joined(written, delimiters, at);
}

/** A segment from its id and its fields, which in a header begin with the separator itself. */
export function joined(written: readonly string[], delimiters: Delimiters, at: string): string {
  const [id = '', first, ...others] = written;
  if (!isHeaderId(id) || first === undefined) return written.join(delimiters.field);
  if (first !== delimiters.field)
    throw new JsonError(at, 'the field separator differs from that of the message');
  return id + first + others.join(first);
}

/** A line on its own: no line end may hide in it. */
export function line(text: string, at: string): string {
  if (text.includes('\r') || text.includes('\n'))
    throw new JsonError(at, 'a line end stands within the line; give each line on its own');
  return text;
}

export function idRaw(id: unknown, at: string): string {
  if (typeof id !== 'string' || !/^[A-Z][A-Z0-9]{2}$/.test(id))
    throw new JsonError(at, 'expected a segment id of three capitals, such as PID');
  return id;
}

function fieldRaw(field: unknown, delimiters: Delimiters, at: string): string {
  if (typeof field === 'object' && field !== null && 'repetitions' in field) {
    const { repetitions } = field;
    if (!Array.isArray(repetitions)) throw new JsonError(`${at}.repetitions`, 'expected a list');
    if (repetitions.length > 1 && delimiters.repetition === undefined)
      throw new JsonError(at, 'MSH-2 declares no repetition separator');
    return repetitions
      .map((each, i) => repetitionRaw(each, delimiters, 'repetition', `${at}.repetitions[${i}]`))
      .join(delimiters.repetition);
  }
  return repetitionRaw(field, delimiters, 'field', at);
}

function repetitionRaw(value: unknown, delimiters: Delimiters, depth: Depth, at: string): string {
  if (!Array.isArray(value)) return leafRaw(value, delimiters, depth, at);
  return value
    .map((component: unknown, i) => {
      const place = `${at}[${i}]`;
      if (!Array.isArray(component) || isRaw(component))
        return leafRaw(component, delimiters, 'component', place);
      if (component.length > 1 && delimiters.subcomponent === undefined)
        throw new JsonError(place, 'MSH-2 declares no subcomponent separator');
      return component
        .map((each, n) => leafRaw(each, delimiters, 'subcomponent', `${place}[${n}]`))
        .join(delimiters.subcomponent ?? '');
    })
    .join(delimiters.component);
}
