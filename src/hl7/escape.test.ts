import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EscapeError, escapeText, parse, unescapeText } from './index.ts';

describe('unescapeText', () => {
  it.each([
    ['\\F\\', '|'],
    ['\\S\\', '^'],
    ['\\T\\', '&'],
    ['\\R\\', '~'],
    ['\\E\\', '\\'],
    ['Fish \\T\\ chips', 'Fish & chips'],
    ['L\\T\\D', 'L&D'],
    ['\\F\\\\S\\', '|^'],
    ['\\X41\\', 'A'],
    ['\\X414243\\', 'ABC'],
    ['\\XC3A9\\', 'é'],
    ['\\XE9\\', 'é'],
    ['\\X0D0A\\', '\r\n'],
    ['\\X4\\', '\\X4\\'],
    ['\\X\\', '\\X\\'],
    ['\\XZZ\\', '\\XZZ\\'],
    ['a\\.br\\b', 'a\nb'],
    ['a\\.BR\\b', 'a\nb'],
    ['a\\.ce\\b', 'a\nb'],
    ['a\\.sp2\\b', 'a\n\nb'],
    ['a\\.sp\\b', 'a\nb'],
    ['a\\.sk3\\b', 'a   b'],
    ['\\.in+4\\a\\.fi\\b\\.nf\\c\\.ti-2\\d', 'abcd'],
    ['\\.sp999999\\', '\\.sp999999\\'],
    ['\\.xx\\', '\\.xx\\'],
    ['\\H\\bold\\N\\ plain', 'bold plain'],
    ['\\Zab1\\', '\\Zab1\\'],
    ['\\C2842\\', '\\C2842\\'],
    ['\\M2842AA\\', '\\M2842AA\\'],
    ['\\P\\', '\\P\\'],
    ['\\Q\\', '\\Q\\'],
    ['\\f\\', '\\f\\'],
    ['\\', '\\'],
    ['\\\\', '\\\\'],
    ['\\F', '\\F'],
    ['F\\', 'F\\'],
    ['DOMAIN\\user', 'DOMAIN\\user'],
    ['C:\\dir\\file \\T\\ more', 'C:\\dir\\file & more'],
    ['\\\\F\\', '\\|'],
    ['', ''],
  ])('%j is %j', (written, text) => {
    expect(unescapeText(written)).toBe(text);
  });

  it('gives the truncation character back where one is declared', () => {
    const { delimiters } = parse('MSH|^~\\&#|A');
    expect(unescapeText('a\\P\\', delimiters)).toBe('a#');
    expect(unescapeText('a\\L\\', delimiters)).toBe('a#');
    expect(unescapeText('a\\L\\')).toBe('a\\L\\');
    expect(escapeText('a#', delimiters)).toBe('a\\P\\');
  });

  it('knows only the escape character of the message', () => {
    const { delimiters } = parse('MSH*:;!%*A');
    expect(unescapeText('!F!!S!!T!!R!!E! \\F\\', delimiters)).toBe('*:%;! \\F\\');
    expect(unescapeText('\\F\\', parse('MSH|^~|A').delimiters)).toBe('\\F\\');
  });

  it('joins the bytes of a character that was written in two sequences', () => {
    expect(parse('MSH|^~\\&|\\XC3\\\\XA9\\').get('MSH-3')).toBe('é');
  });

  it('reads a million stray escape characters in one pass', () => {
    const stray = '\\q'.repeat(1_000_000);
    expect(unescapeText(stray)).toBe(stray);
    expect(unescapeText(`\\${'q'.repeat(2_000_000)}\\F\\`)).toHaveLength(2_000_002);
  });
});

describe('escapeText', () => {
  it.each([
    ['a|b^c&d~e\\f', 'a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f'],
    ['one\ntwo', 'one\\.br\\two'],
    ['one\r\ntwo', 'one\\X0D\\\\.br\\two'],
    ['\x0b\x1c\0', '\\X0B\\\\X1C\\\\X00\\'],
    ['a\tb', 'a\tb'],
    ['plain é 漢', 'plain é 漢'],
  ])('%j is written %j', (text, written) => {
    expect(escapeText(text)).toBe(written);
  });

  it('writes no delimiter, not even one that its own sequences use', () => {
    const { delimiters } = parse('MSH|.~\\&|A');
    expect(escapeText('a\nb.c', delimiters)).toBe('a\\X0A\\b\\S\\c');
  });

  it('refuses a text that needs escaping in a message without escape character', () => {
    const { delimiters } = parse('MSH|^~|A');
    expect(escapeText('a\\b&c', delimiters)).toBe('a\\b&c');
    expect(() => escapeText('a|b', delimiters)).toThrow(EscapeError);
    expect(() => escapeText('a\rb', delimiters)).toThrow(/declares no escape character/);
  });

  it('is undone by unescapeText, for every text and every set of delimiters', () => {
    const sets = ['MSH|^~\\&|', 'MSH|^~\\&#|', 'MSH*:;!%*', 'MSH$.,"+$', 'MSH|^~\\|'].map(
      (text) => parse(text).delimiters,
    );
    const unit = fc.constantFrom(
      '|',
      '^',
      '~',
      '\\',
      '&',
      '#',
      '.',
      'F',
      'X',
      '4',
      '\r',
      '\n',
      '\0',
      'é',
      '漢',
      '!',
    );
    const text = fc.oneof(
      fc.string({ unit }),
      fc.string({ unit: 'binary' }).map((each) => each.toWellFormed()),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(...sets), (original, delimiters) => {
        const written = escapeText(original, delimiters);
        expect(unescapeText(written, delimiters)).toBe(original);
        const { field, component, repetition = '\r', subcomponent = '\r' } = delimiters;
        for (const each of [field, component, repetition, subcomponent, '\r', '\n', '\x0b', '\x1c'])
          expect(written.includes(each)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});
