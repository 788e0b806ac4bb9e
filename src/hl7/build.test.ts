import { describe, expect, it } from 'vitest';
import { buildMessage, type FieldContent } from './build.ts';
import { CharsetError } from './charset.ts';
import { declaredCharsets, encodeDeclared } from './declared-text.ts';
import { parse } from './message.ts';
import { BuildError, build } from './new-message.ts';

const messageIn = (charset: FieldContent, ...texts: string[]): Uint8Array => {
  const none = undefined;
  const identity = ['20260131', none, ['ADT', 'A08'], '1', 'P', '2.5.1'] as const;
  return buildMessage([
    ['MSH', 'SUTURE', none, none, none, ...identity, none, none, none, none, none, charset],
    ['NTE', '1', none, { repetitions: texts }],
  ]);
};

describe('what buildMessage writes', () => {
  it('is what parse reads, in every way MSH-18 names a set', () => {
    for (const [charset, text] of [
      [undefined, 'é漢'],
      ['8859/1', 'café'],
      ['8859/15', '10 €'],
      ['UNICODE UTF-8', '漢字 😀'],
      ['UNICODE UTF-16', '漢字 😀'],
      ['UNICODE UTF-32', '漢字 😀'],
      ['GB 18030-2000', '漢字'],
      ['KS X 1001', '한국'],
      [['8859/7'], 'Ωμέγα'],
      [{ raw: '8859/1' }, 'café'],
      [{ repetitions: ['', 'ISO IR87'] }, '漢字'],
      [{ repetitions: ['ASCII', 'ISO IR87'] }, 'YAMADA 山田'],
      [{ raw: '~ISO IR87' }, '山田'],
    ] as const) {
      const bytes = messageIn(charset, text, 'plain');
      const read = parse(bytes);
      expect([charset, read.get('NTE-3[1]'), read.get('NTE-3[2]')]).toEqual([charset, text, 'plain']);
      // UTF-8 without a name is read as it was written, and told.
      const odd = read.findings.map(({ code }) => code).filter((code) => code.startsWith('charset'));
      expect([charset, odd]).toEqual([charset, charset === undefined ? ['charset-undeclared'] : []]);
    }
  });

  it('is UTF-16 and UTF-32 as bytes, with their mark', () => {
    expect([...messageIn('UNICODE UTF-16', 'x').subarray(0, 4)]).toEqual([0xfe, 0xff, 0, 0x4d]);
    expect([...messageIn('UNICODE UTF-32', 'x').subarray(0, 8)]).toEqual([0, 0, 0xfe, 0xff, 0, 0, 0, 0x4d]);
  });

  it('is refused where the set cannot hold the text, or is not known', () => {
    expect(() => messageIn('8859/1', '漢')).toThrow(CharsetError);
    expect(() => messageIn({ repetitions: ['', 'ISO IR87'] }, '😀')).toThrow(CharsetError);
    expect(() => messageIn('KLINGON', 'é')).toThrow('cannot be written in KLINGON');
    expect(parse(messageIn('KLINGON', 'e')).get('NTE-3')).toBe('e');
  });
});

describe('the character set of a text', () => {
  it('is read from the text, so that no half of a character hides a separator', () => {
    // In UTF-8 the last byte of the first is 0xa2, which begins a character of GB 18030 that would swallow the bar.
    const text = `MSH|^~\\&|漢|漢|漢||20260131||ADT^A08|1|P|2.5.1||||||GB 18030-2000\rNTE|1||漢\r`;
    expect(declaredCharsets(text)).toEqual(['GB 18030-2000']);
    const read = parse(encodeDeclared(text));
    expect(read.toString()).toBe(text);
    expect(read.get('MSH-3')).toBe('漢');
    expect(parse(text).get('MSH-18')).toBe('GB 18030-2000');
    expect(Buffer.compare(parse(text).bytes(), read.bytes())).toBe(0);
  });

  it('decides the bytes of a text that is parsed; what it cannot hold makes them UTF-8', () => {
    const text = (charset: string, value: string): string =>
      `MSH|^~\\&|A||||20260131||ADT^A08|1|P|2.5.1||||||${charset}\rNTE|1||${value}\r`;
    expect([...parse(text('8859/1', 'é')).bytes()]).toContain(0xe9);
    for (const [charset, codes] of [
      ['8859/1', []],
      ['KLINGON', ['charset-unknown']],
    ] as const) {
      const read = parse(text(charset, '漢'));
      expect(read.get('NTE-3')).toBe('漢');
      expect(read.findings.map(({ code }) => code)).toEqual(codes);
      expect(Buffer.from(read.bytes()).toString('utf8')).toBe(text(charset, '漢'));
    }
  });

  it('is found behind blanks, a mark and a long header, and in none of the lines behind it', () => {
    const header = (long: string) => `MSH|^~\\&|${long}|||||||||||||||8859/1~ISO IR87`;
    expect(declaredCharsets(header('a'))).toEqual(['8859/1', 'ISO IR87']);
    expect(declaredCharsets(`\ufeff${header('a')}`)).toEqual(['8859/1', 'ISO IR87']);
    expect(declaredCharsets(` \r\n${header('a')}`)).toEqual(['8859/1', 'ISO IR87']);
    expect(declaredCharsets(header('a'.repeat(10_000)))).toEqual(['8859/1', 'ISO IR87']);
    expect(declaredCharsets(`MSH|^~\\&|a\r${'|'.repeat(20)}8859/1`)).toEqual(['']);
    expect(declaredCharsets('no header')).toEqual(['']);
  });
});

it('build takes the first set and those it is switched to', () => {
  const head = { type: 'ADT^A01', time: '20260131120000', controlId: '4711' };
  const japanese = build({ ...head, charset: ['', 'ISO IR87'], segments: [['NTE', '1', '', '山田']] });
  expect(japanese.raw('MSH-18')).toBe('~ISO IR87');
  expect(parse(japanese.bytes()).get('NTE-3')).toBe('山田');
  expect(() => build({ ...head, charset: ['KLINGON'], segments: [] })).toThrow(BuildError);
  expect(build({ ...head, segments: [] }).raw('MSH-18')).toBeUndefined();
});
