import type { Delimiters } from './delimiters.ts';
import { EscapeError, escapeText, hl7Null, unescapeText } from './escape.ts';

/**
 * One value: its text with escapes resolved, `null` for HL7's `""`, or, where the text alone would not give the same
 * bytes again (`\H\`, `\.sp2\`, a stray backslash), what is written there.
 */
export type JsonValue = string | null | { readonly raw: string };

/** A value of JSON that does not describe a message. `at` is the place in the JSON: `segments[2].patientName`. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly at: string;
  constructor(at: string, text: string) {
    super(`${at}: ${text}`);
    this.at = at;
  }
}

/** The value of a place that is not divided further. */
export function leafOf(raw: string, delimiters: Delimiters): JsonValue {
  if (raw === hl7Null) return null;
  const text = unescapeText(raw, delimiters);
  try {
    return escapeText(text, delimiters) === raw ? text : { raw };
  } catch (error) {
    // A message without an escape character can hold, as bytes, what no text can say.
    if (error instanceof EscapeError) return { raw };
    throw error;
  }
}

export const isRaw = (value: unknown): value is { readonly raw: string } =>
  typeof value === 'object' && value !== null && 'raw' in value && typeof value.raw === 'string';

/** How deep a value stands; raw text may hold only the delimiters below. */
export type Depth = 'field' | 'repetition' | 'component' | 'subcomponent';

/** The written form of a value. Throws JsonError for what is no value, or would reach beyond its place. */
export function leafRaw(value: unknown, delimiters: Delimiters, depth: Depth, at: string): string {
  if (value === null) return hl7Null;
  if (value === undefined) return '';
  if (typeof value === 'string') {
    // The text `""` is not the null that looks like it.
    if (value === hl7Null && delimiters.escape !== undefined)
      return `${delimiters.escape}X22${delimiters.escape}"`;
    try {
      return escapeText(value, delimiters);
    } catch (error) {
      if (error instanceof EscapeError) throw new JsonError(at, error.message);
      throw error;
    }
  }
  if (!isRaw(value)) throw new JsonError(at, 'expected a text, null, or {"raw": "..."}');
  const beyond = ['\r', '\n', delimiters.field];
  if (depth !== 'field' && delimiters.repetition !== undefined) beyond.push(delimiters.repetition);
  if (depth === 'component' || depth === 'subcomponent') beyond.push(delimiters.component);
  if (depth === 'subcomponent' && delimiters.subcomponent !== undefined) beyond.push(delimiters.subcomponent);
  const found = beyond.find((character) => value.raw.includes(character));
  if (found !== undefined)
    throw new JsonError(at, `the raw text holds ${JSON.stringify(found)}, which reaches beyond its place`);
  return value.raw;
}
