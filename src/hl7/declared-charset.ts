import { isAscii, isUtf8 } from 'node:buffer';
import { type Charset, charsetNamed, isAsciiText, latin1, mainCharset, undeclared } from './charset.ts';
import type { Finding } from './finding.ts';

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
  const first = mainCharset(names);
  const declared = charsetNamed(first);
  if (isAscii(bytes))
    return declared ? { charset: declared, finding: undefined } : unknown(first, undeclared);
  const guess = isUtf8(bytes) ? undeclared : latin1;
  if (declared === undefined) return unknown(first, guess);
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
  if (declared.name === 'UNICODE UTF-8' && guess === latin1)
    return {
      charset: declared,
      finding: mismatch(
        'MSH-18 says UNICODE UTF-8, but the bytes are not valid UTF-8; what is not reads as U+FFFD.',
      ),
    };
  return { charset: declared, finding: undefined };
}

const mismatch = (text: string): Finding => ({ code: 'charset-mismatch', text, where: 'MSH-18' });

/** Nothing but ASCII can be written in a set that is not known. */
function unknown(name: string, guess: Charset): CharsetChoice {
  const ascii = charsetNamed('ASCII') as Charset;
  const shown = isAsciiText(name) && name.length <= 40 ? `"${name}"` : 'a character set';
  return {
    charset: { name, decode: guess.decode, encode: ascii.encode },
    finding: {
      code: 'charset-unknown',
      text: `MSH-18 names ${shown}, which this program cannot read; the bytes are read as ${guess.name}.`,
      where: 'MSH-18',
    },
  };
}
