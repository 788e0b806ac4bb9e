import { isAscii, isUtf8 } from 'node:buffer';
import {
  type ByteString,
  type Charset,
  charsetNamed,
  charsetOf,
  isAlternate,
  isAsciiText,
  latin1,
  undeclared,
  utf8,
} from './charset.ts';
import type { Finding } from './finding.ts';
import { isDamaged, type WideForm, wideWidth } from './wide.ts';

/** How the bytes of one message are read and written, and what is odd about that. */
export interface CharsetChoice {
  readonly charset: Charset;
  readonly finding: Finding | undefined;
}

/**
 * Chooses by MSH-18, and by the bytes where it is empty or wrong: senders declare nothing and send UTF-8, or declare
 * ASCII and send either of two. Reading never fails; writing keeps to what is declared.
 *
 * @param names the repetitions of MSH-18, the first one first.
 */
export function chooseCharset(bytes: Uint8Array, names: readonly string[]): CharsetChoice {
  const first = names[0] ?? '';
  const declared = charsetOf(names);
  const guess = isAscii(bytes) || isUtf8(bytes) ? undeclared : latin1;
  if (declared === undefined) {
    const charset = guarded(first, guess);
    if (wideWidth(first) === undefined) return { charset, finding: unknown(first, guess.name) };
    const text = `MSH-18 says ${first.trim().toUpperCase()}, but the bytes are not; they are read as ${guess.name}.`;
    return { charset, finding: mismatch(text) };
  }
  const other = names.slice(1).find((name) => !isAlternate(name) && charsetNamed(name) === undefined);
  const finding = other === undefined ? undefined : unknown(other, declared.name);
  if (isAscii(bytes)) return { charset: declared, finding };
  if (declared === undeclared)
    return {
      charset: guess,
      finding: {
        code: 'charset-undeclared',
        text: `MSH-18 is empty, but there are bytes beyond ASCII; they are read as ${guess.name}.`,
        where: 'MSH-18',
      },
    };
  if (declared.name === 'ASCII')
    return {
      charset: { ...declared, decode: guess.decode },
      finding: mismatch(`MSH-18 says ASCII, but there are bytes beyond it; they are read as ${guess.name}.`),
    };
  if (declared === utf8 && guess === latin1)
    return {
      charset: declared,
      finding: mismatch(
        'MSH-18 says UNICODE UTF-8, but the bytes are not valid UTF-8; what is not reads as U+FFFD.',
      ),
    };
  return { charset: declared, finding };
}

/**
 * What a look at every byte shows: that the bytes are no text of the set they are read in. Made only when findings are
 * asked for, since reading ten fields does not need it.
 */
export function charsetFault(charset: Charset, body: ByteString): Finding | undefined {
  const text = charset.fault?.(body);
  return text === undefined ? undefined : mismatch(text);
}

/** UTF-16 and UTF-32 are read in their UTF-8 form, and written back as they came. */
export function wideCharset(text: ByteString, wide: WideForm, names: readonly string[]): CharsetChoice {
  const charset = { ...utf8, name: wide.name };
  const said = (names[0] ?? '').trim().toUpperCase();
  const right = said === 'UNICODE' || wideWidth(said) === wide.width;
  if (isDamaged(text, wide))
    return {
      charset,
      finding: mismatch(`The bytes are ${wide.name}, but some are no characters; they read as U+FFFD.`),
    };
  if (right) return { charset, finding: undefined };
  const shown = said === '' ? 'is empty' : 'says something else';
  return {
    charset,
    finding: {
      code: said === '' ? 'charset-undeclared' : 'charset-mismatch',
      text: `The bytes are ${wide.name} and are read so, but MSH-18 ${shown}.`,
      where: 'MSH-18',
    },
  };
}

const mismatch = (text: string): Finding => ({ code: 'charset-mismatch', text, where: 'MSH-18' });

function unknown(name: string, readAs: string): Finding {
  const shown = isAsciiText(name) && name.length <= 40 ? `"${name}"` : 'a character set';
  return {
    code: 'charset-unknown',
    text: `MSH-18 names ${shown}, which this program cannot read; the bytes are read as ${readAs}.`,
    where: 'MSH-18',
  };
}

/** Nothing but ASCII can be written in a set that is not known. */
function guarded(name: string, guess: Charset): Charset {
  const ascii = charsetNamed('ASCII') as Charset;
  return { name, decode: guess.decode, encode: ascii.encode };
}
