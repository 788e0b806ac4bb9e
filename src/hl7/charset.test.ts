import { describe, expect, it } from 'vitest';
import { buildMessage, CharsetError, charsetNamed, EditError, parse, peek } from './index.ts';

const message = (charset: string, name: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`MSH|^~\\&|A||||||ADT|1|P|2.5||||||${charset}\rPID|1|`),
    typeof name === 'string' ? Buffer.from(name, 'latin1') : name,
    Buffer.from('|last\r'),
  ]);

describe('the character set of a message', () => {
  it.each<[string, Buffer, string]>([
    ['', Buffer.from('M\xfcller', 'latin1'), 'Müller'],
    ['', Buffer.from('Müller 漢'), 'Müller 漢'],
    ['UNICODE UTF-8', Buffer.from('Müller 漢 😀'), 'Müller 漢 😀'],
    ['utf-8', Buffer.from('Müller'), 'Müller'],
    ['UNICODE', Buffer.from('Müller'), 'Müller'],
    ['8859/1', Buffer.from('M\xfcller \x80', 'latin1'), 'Müller \x80'],
    ['ISO-8859-1', Buffer.from('M\xfcller', 'latin1'), 'Müller'],
    ['8859/2', Buffer.from('\xb1', 'latin1'), 'ą'],
    ['8859/5', Buffer.from('\xbf', 'latin1'), 'П'],
    ['8859/7', Buffer.from('\xc1', 'latin1'), 'Α'],
    ['8859/9', Buffer.from('\xfd\x80', 'latin1'), 'ı\x80'],
    ['8859/15', Buffer.from('\xa4', 'latin1'), '€'],
    ['WINDOWS-1252', Buffer.from('\x80', 'latin1'), '€'],
    ['KS X 1001', Buffer.from([0xb0, 0xa1]), '가'],
    ['GB 18030-2000', Buffer.from([0xd6, 0xd0]), '中'],
    ['ASCII', Buffer.from('Müller'), 'Müller'],
    ['ASCII', Buffer.from('M\xfcller', 'latin1'), 'Müller'],
    ['KLINGON', Buffer.from('M\xfcller', 'latin1'), 'Müller'],
    ['8859/12', Buffer.from('Müller'), 'Müller'],
    ['8859/1~UNICODE UTF-8', Buffer.from('M\xfcller', 'latin1'), 'Müller'],
  ])('%j reads %o as %s', (charset, bytes, text) => {
    const source = message(charset, bytes);
    const parsed = parse(source);
    expect(parsed.get('PID-2')).toBe(text);
    expect(parsed.get('PID-3')).toBe('last');
    parsed.set('PID-1', '2');
    parsed.set('PID-1', '1');
    expect(Buffer.compare(parsed.bytes(), source)).toBe(0);
  });

  it.each([
    ['', 'é', 'Müller', [0xc3, 0xa9]],
    ['UNICODE UTF-8', '漢😀', 'x', [0xe6, 0xbc, 0xa2, 0xf0, 0x9f, 0x98, 0x80]],
    ['8859/1', 'é', 'x', [0xe9]],
    ['8859/15', '€', 'x', [0xa4]],
    ['8859/2', 'ą', 'x', [0xb1]],
    ['KS X 1001', '가', 'x', [0xb0, 0xa1]],
    ['BIG-5', '功', 'x', [0xa5, 0x5c]],
    ['GB 18030-2000', '中', 'x', [0xd6, 0xd0]],
    ['ISO IR14', 'ソ', 'x', [0x83, 0x5c]],
  ])('%j writes %s', (charset, text, before, bytes) => {
    const parsed = parse(message(charset, Buffer.from(before === 'x' ? 'x' : before)));
    parsed.set('PID-2', text);
    expect(parsed.get('PID-2')).toBe(text);
    expect(Buffer.from(parsed.bytes()).includes(Buffer.from(bytes))).toBe(true);
    expect(parse(parsed.bytes()).get('PID-2')).toBe(text);
    expect(parse(parsed.bytes()).get('PID-3')).toBe('last');
  });

  it('writes 8859/1 where a message without MSH-18 holds it', () => {
    const parsed = parse(message('', 'M\xfcller'));
    expect(parsed.charset).toBe('8859/1');
    parsed.set('PID-1', 'ß');
    expect(
      Buffer.compare(
        parsed.bytes(),
        Buffer.from(message('', 'M\xfcller').toString('latin1').replace('PID|1', 'PID|\xdf'), 'latin1'),
      ),
    ).toBe(0);
  });

  it.each([
    ['8859/1', '漢'],
    ['8859/1', '€'],
    ['ASCII', 'é'],
    ['8859/15', '漢'],
    ['KLINGON', 'é'],
    ['ISO IR87', '\u{1F600}'],
    ['KS X 1001', '뷁'],
    ['ISO IR58', '😀'],
    ['BIG-5', '\ue000'],
    ['ISO IR14', '\ue000'],
    ['UNICODE UTF-8', 'x\ud800'],
  ])('%s cannot hold %j, and says so', (charset, text) => {
    const odd = parse(message(charset, '\xfc'));
    expect(() => odd.set('PID-1', text)).toThrow(EditError);
    const source = message(charset, 'x');
    const parsed = parse(source);
    expect(() => parsed.set('PID-2', text)).toThrow(EditError);
    expect(() => parsed.setRaw('PID-2', text)).toThrow(/cannot be written in/);
    expect(parsed.bytes()).toBe(source);
  });

  it('finds delimiters, not the second bytes of characters that look like them', () => {
    // In Big5 功 is A5 5C, in Shift_JIS ソ is 83 5C (a backslash) and ポ 83 7C (a pipe).
    const big5 = parse(message('BIG-5', Buffer.from([0xa5, 0x5c, 0x5e, 0xa5, 0x5c])));
    expect([big5.get('PID-2.1'), big5.get('PID-2.2')]).toEqual(['功', '功']);
    const shiftJis = parse(message('ISO IR14', Buffer.from([0x83, 0x5c, 0x83, 0x7c, 0x5e, 0xb1])));
    expect([shiftJis.get('PID-2.1'), shiftJis.get('PID-2.2'), shiftJis.get('PID-3')]).toEqual([
      'ソポ',
      'ｱ',
      'last',
    ]);
    shiftJis.set('PID-2.2', 'ソ');
    expect([shiftJis.get('PID-2.1'), shiftJis.get('PID-2.2'), shiftJis.get('PID-3')]).toEqual([
      'ソポ',
      'ソ',
      'last',
    ]);
  });

  it('finds delimiters behind the escape sequences of ISO 2022', () => {
    // Between ESC $ B and ESC ( B the pairs 46 7C and 25 5E are characters, a pipe and a hat in ASCII.
    const japanese = Buffer.from('\x1b$B4AF|%^\x1b(B^\x1b$B%^\x1b(B', 'latin1');
    const parsed = parse(message('~ISO IR87', japanese));
    expect([parsed.get('PID-2.1'), parsed.get('PID-2.2'), parsed.get('PID-3')]).toEqual([
      '漢日マ',
      'マ',
      'last',
    ]);
  });

  it('is told with what is odd about it', () => {
    const codes = (charset: string, name: string): string[] =>
      parse(message(charset, name)).findings.map(({ code }) => code);
    expect(codes('', '\xfc')).toEqual(['charset-undeclared']);
    expect(codes('8859/1', '\xfc')).toEqual([]);
    expect(codes('ASCII', '\xfc')).toEqual(['charset-mismatch']);
    expect(codes('UNICODE UTF-8', '\xfc')).toEqual(['charset-mismatch']);
    expect(codes('KLINGON', 'x')).toEqual(['charset-unknown']);
    expect(codes('UNICODE UTF-16', 'x')).toEqual(['charset-mismatch']);
    expect(codes('CNS 11643-1992', 'x')).toEqual(['charset-unknown']);
  });

  it('follows an edit of MSH-18', () => {
    const parsed = parse(message('', 'M\xfcller'));
    parsed.set('MSH-18', '8859/2');
    expect(parsed.charset).toBe('8859/2');
    parsed.set('PID-1', 'ą');
    expect(Buffer.from(parsed.bytes()).includes(Buffer.from([0xb1]))).toBe(true);
  });

  it('of a string is the one it declares, or UTF-8', () => {
    expect(Buffer.from(parse('MSH|^~\\&|ü|||||||||||||||8859/1').bytes()).includes(0xfc)).toBe(true);
    expect(parse('MSH|^~\\&|漢|||||||||||||||8859/1').get('MSH-3')).toBe('漢');
    expect(parse('MSH|^~\\&|漢').get('MSH-3')).toBe('漢');
    expect(parse('MSH|^~\\&|a\ud800').get('MSH-3')).toBe('a\ufffd');
  });

  it('is used for a message that is built', () => {
    const header = [
      'MSH',
      'Ä',
      '',
      '',
      '',
      '2026',
      '',
      'ADT',
      '1',
      'P',
      '2.5',
      '',
      '',
      '',
      '',
      '',
      '8859/1',
    ] as const;
    expect(Buffer.from(buildMessage([header])).includes(0xc4)).toBe(true);
    expect(() => buildMessage([header, ['NTE', '漢']])).toThrow(CharsetError);
    expect(charsetNamed('8859/15')?.decode('\xa4')).toBe('€');
  });
});

describe('a header in a double-byte set', () => {
  it('is divided where its separators are', () => {
    // In Big5 育 is A8 7C (a pipe) and 功 is A5 5C (a backslash).
    const name = Buffer.from([0xa8, 0x7c, 0xa5, 0x5c]);
    const bytes = Buffer.concat([
      Buffer.from('MSH|^~\\&|'),
      name,
      Buffer.from('||||||ADT^A01|4711|P|2.5||||||BIG-5\rPID|1\r'),
    ]);
    expect(peek(bytes)).toMatchObject({ sendingApplication: '育功', controlId: '4711', charset: 'BIG-5' });
    expect(parse(bytes).get('MSH-3')).toBe('育功');
    expect(parse(bytes).get('MSH-10')).toBe('4711');
  });
});
