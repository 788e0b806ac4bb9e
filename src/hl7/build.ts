import { encodeDeclared } from './declared-text.ts';
import { type Delimiters, defaultDelimiters } from './delimiters.ts';
import { escapeText, hl7Null } from './escape.ts';

/** A single value: text to escape, `null` for HL7's `""`, `undefined` for an empty place. */
export type Content = string | null | undefined;

/** What goes into a field: one value, components (each a value or subcomponents), repetitions, or bytes as they are. */
export type FieldContent =
  | Content
  | readonly (Content | readonly Content[])[]
  | { readonly repetitions: readonly (Content | readonly (Content | readonly Content[])[])[] }
  | { readonly raw: string };

/**
 * One segment as raw text, without a line end. Empty fields at the end are left out, and so is what a message
 * without that delimiter cannot hold (repetitions or subcomponents beyond the first).
 * For an MSH the fields start at MSH-3: MSH-1 and MSH-2 are the delimiters.
 *
 *     buildSegment('PID', ['1', '', ['4711', '', '', 'EPIC', 'MR']])   // 'PID|1||4711^^^EPIC^MR'
 */
export function buildSegment(
  id: string,
  fields: readonly FieldContent[],
  delimiters: Delimiters = defaultDelimiters,
): string {
  const { field: separator, encoding } = delimiters;
  let segment = id === 'MSH' ? `MSH${separator}${encoding}` : id;
  /** Separators of empty fields, written only when a field follows. */
  let between = '';
  for (let at = 0; at < fields.length; at += 1) {
    between += separator;
    const written = fieldText(fields[at], delimiters);
    if (written === '') continue;
    segment += between + written;
    between = '';
  }
  return segment;
}

function fieldText(content: FieldContent, delimiters: Delimiters): string {
  if (content !== null && typeof content === 'object' && 'raw' in content) return content.raw;
  if (content === null || typeof content !== 'object' || !('repetitions' in content))
    return repetitionText(content, delimiters);
  const repetitions = content.repetitions.map((each) => repetitionText(each, delimiters));
  return delimiters.repetition === undefined
    ? (repetitions[0] ?? '')
    : repetitions.join(delimiters.repetition);
}

function repetitionText(
  content: Content | readonly (Content | readonly Content[])[],
  delimiters: Delimiters,
): string {
  if (!isList(content)) return contentText(content, delimiters);
  const components = Array.from(content, (component) => {
    if (!isList(component)) return contentText(component, delimiters);
    if (delimiters.subcomponent === undefined) return contentText(component[0], delimiters);
    return trimmed(Array.from(component, (each) => contentText(each, delimiters))).join(
      delimiters.subcomponent,
    );
  });
  return trimmed(components).join(delimiters.component);
}

const isList = <Item>(content: Item | readonly Item[]): content is readonly Item[] => Array.isArray(content);

const contentText = (content: Content, delimiters: Delimiters): string =>
  content === null ? hl7Null : content === undefined ? '' : escapeText(content, delimiters);

function trimmed(parts: string[]): string[] {
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

/**
 * A message from its segments: `[id, ...fields]` each, MSH first (its fields from MSH-3 on). Encoded in the character
 * set that its MSH-18 names, which is what `parse` reads it in; throws CharsetError when that cannot hold a text, or
 * when it is not known and the text is more than ASCII.
 *
 *     buildMessage([['MSH', 'SUTURE', '', '', '', '20260131', '', ['ADT', 'A08'], '1', 'P', '2.5.1'], ['EVN', 'A08']])
 */
export function buildMessage(
  segments: readonly (readonly [id: string, ...fields: FieldContent[]])[],
  delimiters: Delimiters = defaultDelimiters,
): Uint8Array {
  return encodeDeclared(
    segments.map(([id, ...fields]) => `${buildSegment(id, fields, delimiters)}\r`).join(''),
  );
}
