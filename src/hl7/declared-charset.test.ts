import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsetNamed, charsetOf } from './charset.ts';
import { EditError, parse, peek } from './index.ts';

/** A message with MSH-18, and bytes in PID-2. */
const message = (charset: string, name: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`MSH|^~\\&|A||||||ADT|1|P|2.5||||||${charset}\rPID|1|`),
    typeof name === 'string' ? Buffer.from(name, 'latin1') : name,
    Buffer.from('|last\r'),
  ]);

const codes = (bytes: Uint8Array): string[] => parse(bytes).findings.map(({ code }) => code);

describe('sets switched by the escape sequences of ISO 2022 (2.15.9.18, 2.15.9.20)', () => {
  it.each<[string, string, string]>([
    ['~ISO IR87', '\x1b$B4A;z\x1b(B', '漢字'],
    ['~ISO IR87', '\x1b$@4A\x1b(J A', '漢 A'],
    ['ISO IR6~ISO IR87', 'a\x1b$B4A\x1b(Bb', 'a漢b'],
    ['ISO IR87', '\x1b$B4A\x1b(B', '漢'],
    ['~ISO IR87~ISO IR159', '\x1b$B4A\x1b$(D0!\x1b(B', '漢丂'],
    ['ISO IR14~ISO IR87', '\xd4\xcf\x1b$B;3\x1b(B', 'ﾔﾏ山'],
    ['~ISO IR14', '\x1b)I\xd4\xcf', 'ﾔﾏ'],
    ['~ISO IR149', '\x1b$)C\xb1\xe8\xc8\xf1\xc1\xdf', '김희중'],
    ['~KS X 1001', '\x1b$)CHong \xb1\xe8', 'Hong 김'],
    ['~ISO IR58', '\x1b$)A\xcd\xf5', '王'],
    ['8859/1~8859/2', 'M\xfcller \x1b-B\xb1', 'Müller ą'],
    ['8859/1~8859/5', '\xfc \x1b-L\xbf', 'ü П'],
    ['8859/1~ISO IR126', '\xfc \x1b-F\xc1', 'ü Α'],
    ['8859/1~8859/15', '\x1b-b\xa4', '€'],
    ['8859/1~ISO IR87', '\xfc\x1b$B4A\x1b(B\xfc', 'ü漢ü'],
    // ISO-2022-KR shifts to the right half with SO, and back with SI.
    ['~ISO IR149', '\x1b$)C\x0e1h\x0f!', '김!'],
    ['~ISO IR87', '\x1b(I1\x1b(B', 'ｱ'],
    ['~ISO IR149', '\x1b$(C1h\x1b(B', '김'],
    ['~ISO IR58', '\x1b$A\x4d\x75\x1b(B', '王'],
  ])('%s reads %j as %s, and finds nothing odd', (charset, bytes, text) => {
    const source = message(charset, bytes);
    expect(parse(source).get('PID-2')).toBe(text);
    expect(parse(source).get('PID-3')).toBe('last');
    expect(codes(source)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['~ISO IR87', '山田', '\x1b$B;3ED\x1b(B'],
    ['~ISO IR87', '山 a', '\x1b$B;3\x1b(B a'],
    ['ISO IR87', '山', '\x1b$B;3\x1b(B'],
    ['ISO IR87~ISO IR159', '漢丂', '\x1b$B4A\x1b$(D0!\x1b(B'],
    ['ISO IR14~ISO IR87', 'ﾔ山', '\xd4\x1b$B;3\x1b(B'],
    ['~ISO IR149', '김^희', '\x1b$)C\xb1\xe8\\S\\\x1b$)C\xc8\xf1'],
    ['~ISO IR58', '王', '\x1b$)A\xcd\xf5'],
    ['8859/1~8859/2', 'üą ü', '\xfc\x1b-B\xb1\x1b-A \xfc'],
  ])('%s writes %s, and begins and ends in the first set', (charset, text, bytes) => {
    const parsed = parse(message(charset, 'x'));
    parsed.set('PID-2', text);
    expect(Buffer.from(parsed.bytes()).includes(Buffer.from(`|1|${bytes}|last`, 'latin1'))).toBe(true);
    const again = parse(parsed.bytes());
    expect([again.get('PID-2'), again.get('PID-3')]).toEqual([text, 'last']);
    expect(again.findings).toEqual([]);
  });

  it('finds delimiters between the sets, and none within them', () => {
    // The bytes of 日 are 46 7C, of マ 25 5E, of ﾍ and ﾞ (7 bit) 4D 5E: pipes and hats.
    const bytes = message('~ISO IR87', '\x1b$BF|%^\x1b(B^\x1b(IM^\x1b(B');
    const parsed = parse(bytes);
    expect([parsed.get('PID-2.1'), parsed.get('PID-2.2'), parsed.get('PID-3')]).toEqual([
      '日マ',
      'ﾍﾞ',
      'last',
    ]);
    parsed.set('PID-2.2', '日');
    expect(parse(parsed.bytes()).get('PID-2.1')).toBe('日マ');
    expect(parse(parsed.bytes()).get('PID-2.2')).toBe('日');
    expect(peek(bytes)).toEqual(parse(bytes).header);
  });

  it('follows \\Cxxyy\\ and \\Mxxyyzz\\, which stand for the same sequences (2.7.2)', () => {
    const japanese = parse(message('~ISO IR87', '\\M2442\\4A\\C2842\\ b'));
    expect(japanese.get('PID-2')).toBe('漢 b');
    expect(japanese.raw('PID-2')).toBe('\\M2442\\4A\\C2842\\ b');
    expect(japanese.html('PID-2')).toBe('漢 b');
    expect(parse(message('8859/1~8859/2', '\\C2D42\\\xb1')).get('PID-2')).toBe('ą');
    // In a message of one set there is nothing to switch to.
    expect(parse(message('8859/1', '\\C2D42\\x')).get('PID-2')).toBe('\\C2D42\\x');
  });

  it.each([
    ['a line that does not switch back', '~ISO IR87', '\x1b$B4A', 'switches back to ASCII'],
    ['half a character', '~ISO IR87', '\x1b$B4\x1b(B', 'U+FFFD'],
    ['a sequence that nobody registered', '~ISO IR87', '\x1b$(Zxx\x1b(B', 'U+FFFD'],
    ['bytes that no sequence announced', '~ISO IR149', '\xb1\xe8', 'without an escape sequence'],
  ])('tells of %s', (_, charset, bytes, words) => {
    const [finding, ...more] = parse(message(charset, bytes)).findings;
    expect(finding?.code).toBe('charset-mismatch');
    expect(finding?.text).toContain(words);
    expect(more).toEqual([]);
  });

  it('reads bytes that no sequence announced as what MSH-18 names, and says so', () => {
    expect(parse(message('~ISO IR149', '\xb1\xe8')).get('PID-2')).toBe('김');
    expect(parse(message('~8859/1', 'M\xfcller')).get('PID-2')).toBe('Müller');
    expect(parse(message('~ISO IR87', Buffer.from('漢'))).get('PID-2')).toBe('漢');
  });

  it('tells of a repetition that it cannot read', () => {
    const { findings } = parse(message('8859/1~CNS 11643-1992', 'x'));
    expect(findings.map(({ code, text }) => `${code} ${text}`)).toEqual([
      'charset-unknown MSH-18 names "CNS 11643-1992", which this program cannot read; the bytes are read as 8859/1.',
    ]);
  });

  it('writes what it reads, for every text the sets hold', () => {
    const unit = fc.constantFrom(...'aZ9 ^|~\\&山田漢字丂ﾔﾏ김희王ąüПA\n');
    const sets = [
      ['', 'ISO IR87', 'ISO IR159', 'ISO IR14', 'ISO IR149', 'ISO IR58', '8859/2', '8859/1', '8859/5'],
    ];
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), fc.constantFrom(...sets), (text, names) => {
        const charset = charsetOf(names);
        const written = charset?.encode(text) ?? '';
        expect(charset?.decode(written)).toBe(text);
        const parsed = parse(message(names.join('~'), 'x'));
        parsed.set('PID-2', text);
        expect(parse(parsed.bytes()).get('PID-2') ?? '').toBe(text);
        expect(parse(parsed.bytes()).get('PID-3')).toBe('last');
        expect(parse(parsed.bytes()).findings).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

it.each([
  ['ISO IR14', '\x83\x5cF\\', 'ソF\\'],
  ['~ISO IR87', '\\M2442\\4A\\C2842\\', '漢'],
])('the header alone reads as the message does: %s', (charset, bytes, text) => {
  const source = Buffer.from(`MSH|^~\\&|${bytes}||||||ADT|1|P|2.5||||||${charset}\r`, 'latin1');
  expect(parse(source).get('MSH-3')).toBe(text);
  expect(peek(source).sendingApplication).toBe(text);
});

describe('every set of HL7 table 0211', () => {
  const names = [
    ...['ASCII', '8859/1', '8859/2', '8859/3', '8859/4', '8859/5', '8859/6', '8859/7', '8859/8', '8859/9'],
    ...['8859/10', '8859/11', '8859/13', '8859/14', '8859/15', '8859/16', 'ISO IR6', 'ISO IR14', 'ISO IR87'],
    ...[
      'ISO IR159',
      'ISO IR149',
      'ISO IR58',
      'ISO IR100',
      'ISO IR166',
      'GB 18030-2000',
      'KS X 1001',
      'BIG-5',
    ],
    ...['UNICODE', 'UNICODE UTF-8', 'SHIFT_JIS', 'GBK', 'EUC-JP', 'WINDOWS-1250', 'WINDOWS-1252', 'KOI8-R'],
  ];

  it.each(names)('%s reads back what it writes', (name) => {
    const charset = charsetNamed(name);
    if (charset === undefined) throw new Error(`${name} is not read`);
    let written = 0;
    // Most characters are in none of these sets, and a stack for each takes seconds.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    // All of the alphabets, and a seventh of the rest.
    for (let point = 0x80; point < 0x10000; point += point < 0x600 ? 1 : 7) {
      const character = String.fromCodePoint(point);
      if (point >= 0xd800 && point < 0xe000) continue;
      let bytes: string;
      try {
        bytes = charset.encode(character);
      } catch {
        continue;
      }
      written += 1;
      if (charset.decode(bytes) !== character) expect(charset.decode(bytes), bytes).toBe(character);
      if (charset.mask !== undefined && !/^[\x80-\xff]*$/.test(charset.mask(bytes).replace(/[0-9]/g, '')))
        expect(charset.mask(bytes), bytes).toBe('masked');
    }
    Error.stackTraceLimit = stackTraceLimit;
    if (!['ASCII', 'ISO IR6'].includes(name)) expect(written).toBeGreaterThan(30);
  });

  it('GB 18030 writes every character of Unicode, in two bytes or four', () => {
    const charset = charsetNamed('GB 18030-2000');
    for (const text of ['中', 'é', '€', 'ᠠ', '😀', '𠀀', '\u{10ffff}'])
      expect(charset?.decode(charset.encode(text)), text).toBe(text);
  });
});

describe('a set that the bytes are not in', () => {
  it.each([
    ['UTF-8 declared as 8859/1', message('8859/1', Buffer.from('Müller')), 'valid UTF-8'],
    ['UTF-8 declared as 8859/5', message('8859/5', Buffer.from('Müller')), 'valid UTF-8'],
    ['windows-1252 declared as 8859/1', message('8859/1', '\x93M\xfcller\x94'), '80 to 9F'],
    ['a hole of 8859/6', message('8859/6', '\xff\xc1'), 'U+FFFD'],
    ['half a character of KS X 1001', message('KS X 1001', '\xb0'), 'U+FFFD'],
    ['a byte that begins nothing in Big5', message('BIG-5', '\xff'), 'private'],
    ['code page 949 declared as KS X 1001', message('KS X 1001', '\x94\xb0\xa1'), 'control characters'],
    ['8859/1 declared as UTF-8', message('UNICODE UTF-8', '\xfc'), 'U+FFFD'],
    ['UTF-8 declared as UTF-16', message('UNICODE UTF-16', Buffer.from('ü')), 'the bytes are not'],
  ])('is a finding, and the bytes stay: %s', (_, bytes, words) => {
    const { findings } = parse(bytes);
    expect(findings.map(({ code, where }) => `${code} ${where}`)).toEqual(['charset-mismatch MSH-18']);
    expect(findings[0]?.text).toContain(words);
    const parsed = parse(bytes);
    parsed.set('PID-1', '2');
    parsed.set('PID-1', '1');
    expect(Buffer.compare(parsed.bytes(), bytes)).toBe(0);
  });

  it.each([
    ['8859/1', 'M\xfcller'],
    ['8859/2', '\xb1\xe6'],
    ['8859/7', '\xc1\xe8\xde\xed\xe1'],
    ['KS X 1001', '\xb1\xe8\xc8\xf1'],
    ['GB 18030-2000', '\xd6\xd0\x90\x30\x81\x30\x81\x30\x86\x30'],
    ['UNICODE UTF-8', Buffer.from('漢')],
  ])('is not seen where there is none: %s', (charset, bytes) => {
    expect(codes(message(charset, bytes))).toEqual([]);
  });

  it('is not made worse by writing', () => {
    expect(() => parse(message('CNS 11643-1992', '\xb1')).set('PID-1', '漢')).toThrow(EditError);
    expect(() => parse(message('UNICODE UTF-16', 'x')).set('PID-1', '漢')).toThrow(EditError);
  });
});

describe('UTF-16 and UTF-32 (2.15.9.18)', () => {
  const text = 'MSH|^~\\&|Ä||||||ADT^A01|7|P|2.5||||||UNICODE UTF-16\rPID|1||4711||漢😀^Jo\r';
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  const big = Buffer.from(little).swap16();
  const unmarked = Buffer.from(text, 'utf16le');
  const wide = (order: 'LE' | 'BE'): Buffer =>
    Buffer.concat(
      Array.from(`\ufeff${text.replace('-16', '-32')}`, (character) => {
        const unit = Buffer.alloc(4);
        unit[`writeUInt32${order}`](character.codePointAt(0) ?? 0);
        return unit;
      }),
    );

  it.each([
    ['little end first', little],
    ['big end first', big],
    ['without a mark', unmarked],
    ['without a mark, big end first', Buffer.from(unmarked).swap16()],
    ['UTF-32', wide('LE')],
    ['UTF-32, big end first', wide('BE')],
  ])('are read, edited and written back: %s', (_, bytes) => {
    const parsed = parse(bytes);
    expect(parsed.usable).toBe(true);
    expect(parsed.get('PID-5.1')).toBe('漢😀');
    expect(parsed.findings).toEqual([]);
    expect(parsed.charset).toMatch(/^UNICODE UTF-(16|32)$/);
    expect(parsed.bytes()).toBe(bytes);
    expect(peek(bytes)).toEqual(parsed.header);
    expect(peek(bytes).sendingApplication).toBe('Ä');
    parsed.set('PID-5.2', 'Zoë');
    expect(parse(parsed.bytes()).get('PID-5')).toBe('漢😀^Zoë');
    parsed.addSegment('ZZZ|1');
    parsed.removeSegment('ZZZ');
    parsed.set('PID-5.2', 'Jo');
    expect(Buffer.compare(parsed.bytes(), bytes)).toBe(0);
    expect(parsed.copy().get('PID-5.1')).toBe('漢😀');
  });

  it('come back byte for byte although they are damaged, with a finding', () => {
    const half = Buffer.from(`\ufeff${text.replace('4711', '\ud800x\udc00')}`, 'utf16le');
    const damaged = Buffer.concat([half, Buffer.of(7)]);
    const parsed = parse(damaged);
    expect(parsed.findings.map(({ code }) => code)).toEqual(['charset-mismatch']);
    parsed.set('PID-1', '2');
    parsed.set('PID-1', '1');
    expect(Buffer.compare(parsed.bytes(), damaged)).toBe(0);
  });

  it('are told when MSH-18 says something else', () => {
    const of = (declared: string): string[] =>
      codes(Buffer.from(`\ufeff${text.replace('UNICODE UTF-16', declared)}`, 'utf16le'));
    expect([of(''), of('8859/1'), of('UNICODE'), of('UTF-16LE')]).toEqual([
      ['charset-undeclared'],
      ['charset-mismatch'],
      [],
      [],
    ]);
  });

  it('are made of a string that declares them', () => {
    const parsed = parse(text);
    expect(Buffer.from(parsed.bytes()).subarray(0, 4).toString('hex')).toBe('feff004d');
    expect(parse(parsed.bytes()).get('PID-5.1')).toBe('漢😀');
    expect(parsed.findings).toEqual([]);
  });

  it('never throw, whatever follows the mark', () => {
    const mark = fc.constantFrom('fffe', 'feff', 'fffe0000', '0000feff', '4d005300', '004d0053');
    fc.assert(
      fc.property(mark, fc.uint8Array({ maxLength: 60 }), (first, rest) => {
        const bytes = Buffer.concat([Buffer.from(first, 'hex'), rest]);
        const parsed = parse(bytes);
        expect(parsed.bytes()).toBe(bytes);
        expect(() => [parsed.findings, parsed.get('PID-5'), peek(bytes)]).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

it('a Japanese string is written in the sets that it declares', () => {
  const parsed = parse('MSH|^~\\&|A||||||ADT|1|P|2.5||||||~ISO IR87\rPID|1|山田\r');
  expect(Buffer.from(parsed.bytes()).toString('latin1')).toContain('PID|1|\x1b$B;3ED\x1b(B\r');
  expect(parsed.get('PID-2')).toBe('山田');
});
