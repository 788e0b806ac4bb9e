import { isUtf8 } from 'node:buffer';
import { type Charset, CharsetError } from './charset.ts';
import { type Delimiters, defaultDelimiters } from './delimiters.ts';

/** HL7's null: the two quotation marks that mean "delete what you have", told apart from an empty field. */
export const hl7Null = '""';

/** The bytes of `\Xhh..\` in a text of no message: UTF-8 where valid, else 8859/1. */
export const bytesAsText = (bytes: string): string => {
  const buffer = Buffer.from(bytes, 'latin1');
  return isUtf8(buffer) ? buffer.toString('utf8') : bytes;
};

/** A message, for its character set, which is looked at only where a value holds a sequence that switches sets. */
export interface Switching {
  readonly charset: Pick<Charset, 'switches'>;
}

/**
 * Plain text of an escaped value (chapter 2, "Use of escape sequences in text fields").
 * Delimiters `\F\ \S\ \T\ \R\ \E\ \P\` become characters, `\Xhh..\` bytes, `\.br\` a line end, `\H\` and `\N\`
 * nothing. What is not an escape sequence of the standard, and `\Z..\`, `\C..\`, `\M..\`, stay as they are.
 * Linear: each escape character is looked at twice at most.
 *
 *     unescapeText('Fish \\T\\ chips')   // 'Fish & chips'
 *
 * @param hex turns the bytes of `\Xhh..\` into text; by default as UTF-8 where valid, else 8859/1.
 * @param scan the same length as `text`, searched for the escape character (see Charset.mask).
 * @param switching when its set switches, `\C2842\` and `\M2442\` become the escape sequences of ISO 2022 that they stand for (2.7.2).
 */
export function unescapeText(
  text: string,
  delimiters: Delimiters = defaultDelimiters,
  hex: (bytes: string) => string = bytesAsText,
  scan: string = text,
  switching?: Switching,
): string {
  const mark = delimiters.escape;
  if (mark === undefined) return text;
  let open = scan.indexOf(mark);
  if (open < 0) return text;
  let plain = '';
  let copied = 0;
  while (open >= 0) {
    const close = scan.indexOf(mark, open + 1);
    if (close < 0) break;
    // No sequence of the standard is long but \X..\, so a stray mark before a long value costs one comparison.
    const meaning =
      close === open + 1 ? undefined : meaningOf(text.slice(open + 1, close), delimiters, hex, switching);
    if (meaning === undefined) {
      // Not a sequence: this mark is data, and the next one may still open a sequence.
      open = close;
      continue;
    }
    plain += text.slice(copied, open) + (meaning === keep ? text.slice(open, close + 1) : meaning);
    copied = close + 1;
    open = scan.indexOf(mark, copied);
  }
  return copied === 0 ? text : plain + text.slice(copied);
}

/** A sequence that belongs to the standard but has no plain text: it is copied whole. */
export const keep = Symbol('keep');

/**
 * What stands between two escape characters as plain text; `undefined` when it is no sequence of this message
 * (2.7.1, 2.7.2, 2.7.6). `\L\` is met for the truncation character, which is `\P\`.
 */
export function meaningOf(
  body: string,
  delimiters: Delimiters,
  hex: (bytes: string) => string,
  switching?: Switching,
): string | typeof keep | undefined {
  switch (body) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent;
    case 'R':
      return delimiters.repetition;
    case 'E':
      return delimiters.escape;
    case 'P':
    case 'L':
      return delimiters.truncation;
    case 'H':
    case 'N':
      return '';
  }
  switch (body.charAt(0)) {
    case 'X':
      if (body.length % 2 === 0 || !/^X[0-9A-Fa-f]+$/.test(body)) return undefined;
      return hex(Buffer.from(body.slice(1), 'hex').toString('latin1'));
    case '.':
      return formatting(body);
    case 'Z':
      return /^Z[0-9A-Za-z]*$/.test(body) ? keep : undefined;
    case 'C':
    case 'M':
      if (!/^(C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4}([0-9A-Fa-f]{2})?)$/.test(body)) return undefined;
      return switching?.charset.switches
        ? `\x1b${Buffer.from(body.slice(1), 'hex').toString('latin1')}`
        : keep;
  }
  return undefined;
}

/** A command of formatted text (2.7.6), such as `.sp2` or `.in-4`. */
export interface FormatCommand {
  readonly name: 'br' | 'ce' | 'sp' | 'sk' | 'in' | 'ti' | 'fi' | 'nf';
  readonly count: number | undefined;
}

/** The command between two escape characters, if it is one. */
export function formatCommand(body: string): FormatCommand | undefined {
  const found = body.length > 6 ? null : body.match(/^\.(br|ce|sp|sk|in|ti|fi|nf)([+-]?\d{1,2})?$/i);
  if (found === null) return undefined;
  const name = found[1]?.toLowerCase() as FormatCommand['name'];
  return { name, count: found[2] === undefined ? undefined : Number(found[2]) };
}

/** The FT commands. Two digits at most, so that a short sequence cannot grow into a large text. */
function formatting(body: string): string | undefined {
  if (body === '.br') return '\n';
  const command = formatCommand(body);
  if (command === undefined) return undefined;
  const count = Math.abs(command.count ?? 1);
  switch (command.name) {
    case 'br':
    case 'ce':
      return '\n';
    case 'sp':
      return '\n'.repeat(Math.max(1, count));
    case 'sk':
      return ' '.repeat(count);
  }
  return ''; // indentation and word wrap change how a text looks, not what it says
}

/** A text needs escaping, but its message declares no escape character. */
export class EscapeError extends Error {
  override readonly name = 'EscapeError';
}

/**
 * The text with every delimiter of the message escaped, and every control character but the tab: a line end is
 * `\.br\`, others are `\Xhh\`, so that no value can end its segment or its MLLP frame.
 * `unescapeText(escapeText(text)) === text` for every text. Throws {@link EscapeError} when the message has no escape
 * character and the text needs one.
 *
 *     escapeText('Fish & chips')   // 'Fish \\T\\ chips'
 */
export function escapeText(text: string, delimiters: Delimiters = defaultDelimiters): string {
  const { escape: mark, codes } = delimiters;
  let written = '';
  let copied = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    let body: string | undefined;
    if (code === codes.field) body = 'F';
    else if (code === codes.component) body = 'S';
    else if (code === codes.subcomponent) body = 'T';
    else if (code === codes.repetition) body = 'R';
    else if (code === codes.escape) body = 'E';
    else if (code === 10) body = (delimiters.field + delimiters.encoding).includes('.') ? 'X0A' : '.br';
    else if (code < 32 && code !== 9) body = `X${code.toString(16).toUpperCase().padStart(2, '0')}`;
    else if (delimiters.truncation !== undefined && text[i] === delimiters.truncation) body = 'P';
    if (body === undefined) continue;
    if (mark === undefined)
      throw new EscapeError(
        `the text holds ${JSON.stringify(text[i])}, which must be escaped, but MSH-2 (${delimiters.encoding}) declares no escape character`,
      );
    written += text.slice(copied, i) + mark + body + mark;
    copied = i + 1;
  }
  return copied === 0 ? text : written + text.slice(copied);
}

/** True for the errors by which a text refuses to become a value of a message. */
export const isUnwritable = (error: unknown): error is CharsetError | EscapeError =>
  error instanceof CharsetError || error instanceof EscapeError;
