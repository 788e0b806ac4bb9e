/**
 * A string in which each UTF-16 unit is one byte (0-255). The codec scans and splices byte strings, so that what it
 * does not touch returns byte for byte whatever the character set, and decodes only the values that are read.
 */
export type ByteString = string;

/** The bytes as a byte string; a copy of one byte a unit, made by the platform in one go. */
export function byteString(bytes: Uint8Array, start = 0, end = bytes.length): ByteString {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', start, end);
}

/** The bytes of a byte string. */
export const bytesOf = (text: ByteString): Buffer => Buffer.from(text, 'latin1');

const beyondAscii = /[\u0080-\uffff]/;

/** True when every unit is below 128, so that the text is the same in any set that extends ASCII. */
export const isAsciiText = (text: string): boolean => !beyondAscii.test(text);

/** A character set of HL7 table 0211, in both directions. */
export interface Charset {
  /** The name a person would look for: `UNICODE UTF-8`, `8859/1`. */
  readonly name: string;
  decode(bytes: ByteString): string;
  /** Throws {@link CharsetError} for a character that the set does not hold. */
  encode(text: string): ByteString;
  /**
   * Only for sets in which a byte of a character can look like a delimiter (Big5, GB 18030, Shift_JIS, ISO 2022): the
   * same length, with those bytes replaced by 0x80, to find delimiters in.
   */
  readonly mask?: (bytes: ByteString) => ByteString;
  /** A sentence about bytes that cannot be text of this set, or hardly are; `undefined` when they are fine. */
  readonly fault?: (bytes: ByteString) => string | undefined;
  /** True where escape sequences switch sets, so that `\C2842\` and `\M2442\` can be followed (2.7.2). */
  readonly switches?: true;
}

/** A text holds a character that the message's character set cannot hold. */
export class CharsetError extends Error {
  override readonly name = 'CharsetError';
  readonly character: string;
  readonly charset: string;
  constructor(character: string, charset: string) {
    const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    super(`the character U+${point} cannot be written in ${charset}, the character set of this message`);
    this.character = character;
    this.charset = charset;
  }
}
