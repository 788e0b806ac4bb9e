/**
 * The characters that divide one message (HL7 v2, chapter 2, "Message delimiters"): read from MSH-1 and MSH-2, never
 * assumed. A message may declare fewer than four encoding characters; a delimiter that is not declared does not exist
 * in that message, and its usual character is plain data there.
 */
export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string | undefined;
  readonly escape: string | undefined;
  readonly subcomponent: string | undefined;
  /** Version 2.7 and later: says that a value was cut (`#`). */
  readonly truncation: string | undefined;
  /** MSH-2 as written. */
  readonly encoding: string;
  /** Character codes of the delimiters, for scanning; -1 where the message declares none. */
  readonly codes: DelimiterCodes;
}

export interface DelimiterCodes {
  readonly field: number;
  readonly component: number;
  readonly repetition: number;
  readonly escape: number;
  readonly subcomponent: number;
}

const code = (character: string | undefined): number =>
  character === undefined ? -1 : character.charCodeAt(0);

/**
 * `^~\\\\&`: a sender whose program escaped the escape character once too often. What is meant is beyond doubt, so it is
 * read so, and a finding says it; MSH-2 itself stays as written.
 */
export const isDoubledEscape = (encoding: string): boolean =>
  encoding.length >= 5 && encoding[2] === encoding[3] && new Set(encoding.slice(0, 5)).size === 4;

const meantBy = (encoding: string): string =>
  isDoubledEscape(encoding) ? encoding.slice(0, 3) + encoding.slice(4) : encoding;

function make(field: string, encoding: string): Delimiters {
  const [component = '', repetition, escapeCharacter, subcomponent, truncation] = meantBy(encoding);
  return Object.freeze({
    field,
    component,
    repetition,
    escape: escapeCharacter,
    subcomponent,
    truncation,
    encoding,
    codes: Object.freeze({
      field: code(field),
      component: code(component),
      repetition: code(repetition),
      escape: code(escapeCharacter),
      subcomponent: code(subcomponent),
    }),
  });
}

/** `|^~\&`: what nearly every message uses, and what we use where a message declares nothing readable. */
export const defaultDelimiters: Delimiters = make('|', '^~\\&');

/** Delimiters seen so far; a feed uses one set for ever, so each message would otherwise build the same object. */
const seen = new Map<string, Delimiters>();

/**
 * The delimiters declared by MSH-1 and MSH-2, or a sentence that says why these cannot divide a message.
 *
 *     declaredDelimiters('|', '^~\\&').component   // '^'
 *     declaredDelimiters('|', '^^')                // 'MSH-1 and MSH-2 use "^" twice'
 */
export function declaredDelimiters(field: string, encoding: string): Delimiters | string {
  if (field === '|' && encoding === '^~\\&') return defaultDelimiters;
  const key = field + encoding;
  const known = seen.get(key);
  if (known !== undefined) return known;
  const fault = delimiterFault(field, encoding);
  if (fault !== undefined) return fault;
  const delimiters = make(field, encoding);
  if (seen.size >= 100) seen.clear();
  seen.set(key, delimiters);
  return delimiters;
}

/** Characters beyond the fifth have no meaning in any version, so only the first five can be at fault. */
function delimiterFault(field: string, encoding: string): string | undefined {
  if (field === '') return 'MSH-1 is missing: nothing stands after "MSH"';
  const fieldFault = characterFault(field);
  if (fieldFault !== undefined) return `MSH-1, the field separator, is ${fieldFault}`;
  if (encoding === '') return 'MSH-2 is empty: at least a component separator is needed';
  const used = field + meantBy(encoding).slice(0, 5);
  for (let i = 1; i < used.length; i += 1) {
    const character = used.charAt(i);
    const fault = characterFault(character);
    if (fault !== undefined) return `MSH-2 holds ${fault}, which cannot be a delimiter`;
    if (used.indexOf(character) < i) return `MSH-1 and MSH-2 use ${JSON.stringify(character)} twice`;
  }
  return undefined;
}

function characterFault(character: string): string | undefined {
  const value = character.charCodeAt(0);
  if (value === 13 || value === 10) return 'a line end';
  if (value === 11 || value === 28) return 'an MLLP framing byte';
  if (value >= 128) return 'a character beyond ASCII';
  if (/[A-Za-z0-9]/.test(character)) return `the letter or digit "${character}"`;
  return undefined;
}
