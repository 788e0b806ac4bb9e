import { isDeepStrictEqual } from 'node:util';
import { type ByteString, byteString, bytesOf, CharsetError, charsetNamed } from './charset.ts';
import { type Delimiters, declaredDelimiters, defaultDelimiters } from './delimiters.ts';
import type { Dictionary } from './dictionary/definition.ts';
import { dictionary as dictionaryOf } from './dictionary/index.ts';
import { segmentKeys } from './field-key.ts';
import { type CompactSegment, compactRaw, compactSegment } from './json-compact.ts';
import { JsonError } from './json-leaf.ts';
import { type ReadableLine, readableRaw, readableSegment } from './json-readable.ts';
import { type Message, parse } from './message.ts';
import { segmentParts } from './parts.ts';

export type JsonForm = 'compact' | 'readable';

interface Written {
  /** The character set of the bytes; left out where all of them are ASCII. */
  readonly charset?: string;
  /** What ends each segment; left out for CR. */
  readonly lineEnd?: '\n' | '\r\n';
  /** False where the last segment has no line end. */
  readonly closed?: false;
  /**
   * The bytes, in base64, where the rest cannot give them back: blank lines, mixed line ends, bytes that their
   * character set does not hold. Used by {@link fromJson} only while the rest still says the same.
   */
  readonly source?: string;
}

/** A message by position: field n of a segment at index n. */
export interface CompactMessage extends Written {
  readonly form: 'compact';
  readonly segments: readonly CompactSegment[];
}

/** A message by the names of the dictionary of `version`. */
export interface ReadableMessage extends Written {
  readonly form: 'readable';
  readonly version: string;
  readonly segments: readonly ReadableLine[];
}

export interface JsonOptions {
  /** The names to use; by default those of the version in MSH-12. A site's own, extended one must be given both ways. */
  readonly dictionary?: Dictionary;
}

/**
 * The message as plain data for `JSON.stringify`; {@link fromJson} gives the same bytes back. Compact is by position,
 * readable by name. An edited message can be written too.
 *
 *     toJson(message, { form: 'compact' }).segments[1]    // ['PID', '1', '', ['4711', '', '', 'EPIC', 'MR']]
 *     toJson(message, { form: 'readable' }).segments[1]   // { segment: 'PID', setId: '1', patientIdentifierList: [...] }
 */
export function toJson(
  message: Message,
  options: JsonOptions & { readonly form: 'readable' },
): ReadableMessage;
export function toJson(
  message: Message,
  options?: JsonOptions & { readonly form?: 'compact' },
): CompactMessage;
export function toJson(
  message: Message,
  options: JsonOptions & { readonly form?: JsonForm } = {},
): CompactMessage | ReadableMessage {
  const json = content(message, options);
  const bytes = byteString(message.bytes());
  return rebuilt(json, options.dictionary) === bytes
    ? json
    : { ...json, source: bytesOf(bytes).toString('base64') };
}

/** What the message says, without a look at whether that gives its bytes again. */
function content(
  message: Message,
  { form = 'compact', dictionary }: JsonOptions & { readonly form?: JsonForm },
): CompactMessage | ReadableMessage {
  const { delimiters } = message;
  const segments = message.segments().map((segment) => segmentParts(segment, delimiters));
  const written = envelope(message);
  if (form === 'compact')
    return {
      form,
      ...written,
      segments: segments.map((parts) => compactSegment(parts, delimiters)),
    };
  const names = dictionary ?? dictionaryOf(message.header.version);
  return {
    form,
    version: names.version,
    ...written,
    segments: segments.map((parts) => readableSegment(parts, delimiters, names)),
  };
}

function envelope(message: Message): Written {
  const bytes = byteString(message.bytes());
  const lineEnd = /\r\n|\r|\n/.exec(bytes)?.[0] ?? '\r';
  const ascii = Buffer.from(bytes, 'latin1').every((byte) => byte < 0x80);
  return {
    ...(ascii ? {} : { charset: message.charset }),
    ...(lineEnd === '\n' || lineEnd === '\r\n' ? { lineEnd } : {}),
    ...(bytes.endsWith(lineEnd) ? {} : { closed: false as const }),
  };
}

/** The bytes that the content gives; undefined when it gives none. */
function rebuilt(
  json: CompactMessage | ReadableMessage,
  dictionary: Dictionary | undefined,
): ByteString | undefined {
  try {
    return bytesFrom(json as unknown as Record<string, unknown>, dictionary);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

/**
 * The message of a value that {@link toJson} made, or that a person wrote in one of the two forms (the schemas are
 * `compactSchema` and `readableSchema`). Texts are escaped. Throws {@link JsonError}, which says where in the value.
 *
 *     fromJson(JSON.parse(text)).bytes()
 */
export function fromJson(value: unknown, options: JsonOptions = {}): Message {
  if (!isObject(value) || (value.form !== 'compact' && value.form !== 'readable'))
    throw new JsonError('form', 'expected an object with "form": "compact" or "form": "readable"');
  if (value.source !== undefined) {
    const message = fromSource(value.source);
    const { source: _, ...rest } = value;
    const form = value.form;
    // Edited since: what a person reads in it wins over the bytes they cannot read.
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(content(message, { ...options, form }))), rest))
      return message;
  }
  return parse(bytesOf(bytesFrom(value, options.dictionary)));
}

function fromSource(source: unknown): Message {
  if (typeof source !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(source))
    throw new JsonError('source', 'expected the bytes in base64');
  return parse(Buffer.from(source, 'base64'));
}

function bytesFrom(value: Record<string, unknown>, given: Dictionary | undefined): ByteString {
  const { segments, lineEnd = '\r', closed = true, charset } = value;
  if (!Array.isArray(segments)) throw new JsonError('segments', 'expected a list of segments');
  if (lineEnd !== '\r' && lineEnd !== '\n' && lineEnd !== '\r\n')
    throw new JsonError('lineEnd', 'expected "\\r", "\\n" or "\\r\\n"');
  if (typeof closed !== 'boolean') throw new JsonError('closed', 'expected true or false');
  const set = typeof charset === 'string' ? charsetNamed(charset) : undefined;
  const names = value.form === 'readable' ? (given ?? dictionaryOf(versionOf(value.version))) : undefined;
  const delimiters =
    names === undefined ? compactDelimiters(segments[0]) : readableDelimiters(segments[0], names);
  const lines = segments.map((segment: unknown, i) => {
    const at = `segments[${i}]`;
    return names === undefined
      ? compactRaw(segment, delimiters, at)
      : readableRaw(segment, delimiters, names, at);
  });
  const text = lines.join(lineEnd) + (closed && lines.length > 0 ? lineEnd : '');
  // Without a word about it, the message is written in the set that its own MSH-18 names.
  if (set === undefined) {
    const written = parse(text);
    const known =
      charset === written.charset && !written.findings.some(({ code }) => code === 'charset-unknown');
    if (charset === undefined || known) return byteString(written.bytes());
    throw new JsonError('charset', 'expected the character set of MSH-18, or one such as 8859/1');
  }
  try {
    return set.encode(text);
  } catch (error) {
    if (error instanceof CharsetError) throw new JsonError('charset', error.message);
    throw error;
  }
}

function versionOf(version: unknown): string {
  if (typeof version !== 'string') throw new JsonError('version', 'expected an HL7 version, such as "2.5.1"');
  return version;
}

function compactDelimiters(first: unknown): Delimiters {
  if (!Array.isArray(first) || first[0] !== 'MSH') return defaultDelimiters;
  return delimitersOf(first[1], first[2], 'segments[0]');
}

function readableDelimiters(first: unknown, dictionary: Dictionary): Delimiters {
  if (!isObject(first) || first.segment !== 'MSH') return defaultDelimiters;
  const keys = segmentKeys(dictionary, 'MSH');
  const at = (n: number): unknown => Object.entries(first).find(([key]) => keys.numberOf(key) === n)?.[1];
  return delimitersOf(at(1), at(2), 'segments[0]');
}

function delimitersOf(field: unknown, encoding: unknown, at: string): Delimiters {
  const found = declaredDelimiters(
    typeof field === 'string' ? field : '',
    typeof encoding === 'string' ? encoding : '',
  );
  if (typeof found === 'string') throw new JsonError(at, `${found}; usual are "|" and "^~\\\\&"`);
  return found;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
