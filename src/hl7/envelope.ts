import { byteString, undeclared } from './charset.ts';
import { type Delimiters, declaredDelimiters, defaultDelimiters } from './delimiters.ts';
import { unescapeText } from './escape.ts';

/** One line of a batch or file envelope (2.10.3, 2.15.2 to 2.15.7). */
export interface Envelope {
  readonly id: 'FHS' | 'BHS' | 'BTS' | 'FTS';
  /** As it came, without its line end. */
  readonly bytes: Uint8Array;
  readonly delimiters: Delimiters;
  /**
   * The texts by their numbers in HL7, whole fields with their separators: of a BHS [1] is the field separator, [11]
   * the control id; of a BTS [1] is the number of messages. [0] is the id.
   */
  readonly fields: readonly string[];
}

/** Reads a line that begins with FHS, BHS, BTS or FTS. Never throws. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const text = byteString(bytes);
  const id = text.slice(0, 3) as Envelope['id'];
  const separator = text.charAt(3);
  const parts = separator === '' ? [text] : text.split(separator);
  const header = id === 'FHS' || id === 'BHS';
  const declared = declaredDelimiters(separator, header ? (parts[1] ?? '') : defaultDelimiters.encoding);
  const delimiters = typeof declared === 'string' ? defaultDelimiters : declared;
  const fields = parts.map((part, i) =>
    i === 0 || (header && i === 1) ? part : undeclared.decode(unescapeText(part, delimiters, (hex) => hex)),
  );
  if (header) fields.splice(1, 0, separator);
  return { id, bytes, delimiters, fields };
}
