import { bytesOf, CharsetError, charsetOf } from './charset.ts';
import { charsetNames, readHeader } from './header.ts';
import { wideBytes, wideWidth } from './wide.ts';

/** Far beyond any MSH. */
const longestHeader = 65_536;

/**
 * The bytes of a message in the character set that its own MSH-18 declares, all repetitions of it and UTF-16 and UTF-32
 * included: what {@link parse} reads as the same text again. Throws {@link CharsetError} for a character that the set
 * cannot hold; a set that is not known holds ASCII.
 */
export function encodeDeclared(text: string): Buffer {
  const names = declaredCharsets(text);
  const width = wideWidth(names[0] ?? '');
  if (width !== undefined) return wideBytes(text, width);
  const charset = charsetOf(names);
  if (charset !== undefined) return bytesOf(charset.encode(text));
  const beyond = /[^\0-\x7f]/u.exec(text);
  if (beyond !== null) throw new CharsetError(beyond[0], names[0] ?? '');
  return bytesOf(text);
}

/** The repetitions of MSH-18 of a text. */
export function declaredCharsets(text: string): readonly string[] {
  const line = /^[^\r\n]*/.exec(text.slice(0, longestHeader).trimStart())?.[0] ?? '';
  // Delimiters and MSH-18 are ASCII. In a text no half of a character can look like one, and a letter never is one.
  const ascii = line.replaceAll(/[\u0080-\uffff]/g, 'x');
  const { fields, delimiters } = readHeader(ascii);
  return charsetNames(fields[18], delimiters);
}
