import { describe, expect, test } from 'vitest';
import { parse } from './index.ts';

const header = 'MSH|^~\\&|LAB|MERCY|SUTURE|CARELINK|20260131||ORU^R01^ORU_R01|9|P|2.5.1';
const text = 'Measured, as the text of a scanned report is. '.repeat(200);
const observation = (n: number): string => `OBX|${n}|TX|11502-2^Report^LN||${text}\\T\\ ${n}||||||F`;
const lines = [header, ...Array.from({ length: 150 }, (_, i) => observation(i + 1)), 'PV1|1|LAST'];
const latin1 = (content: string): Buffer => Buffer.from(content, 'latin1');

describe('a message of more than a megabyte is read line by line', () => {
  test.each(['\r', '\n', '\r\n'])('whatever ends its lines: %j', (end) => {
    const bytes = latin1(lines.join(end) + end);
    const message = parse(bytes);
    expect(bytes.length).toBeGreaterThan(1024 * 1024);
    expect(message.get('PV1-2')).toBe('LAST');
    expect(message.get('OBX[150]-5')).toBe(`${text}& 150`);
    expect(message.segments().length).toBe(152);
    expect(message.bytes()).toBe(bytes);
    expect(message.toString()).toBe(bytes.toString('latin1'));
  });

  test('with CR and LF mixed, blank lines, lines that are no segments, and a stray end of the frame', () => {
    const mixed = `${lines.slice(0, 100).join('\r')}\n \n\r\nno segment\r${lines.slice(100).join('\n')}\r\x1c\r`;
    const message = parse(latin1(mixed));
    expect(message.segments().map(({ id }) => id)).toEqual(
      ['MSH', ...Array(99).fill('OBX'), 'no segment', ...Array(51).fill('OBX'), 'PV1'].map(String),
    );
    expect(message.get('PV1-2')).toBe('LAST');
  });

  test('behind a byte order mark and blanks', () => {
    const message = parse(latin1(`\xef\xbb\xbf\r\n${lines.join('\r')}\r`));
    expect(message.usable).toBe(true);
    expect(message.get('MSH-10')).toBe('9');
    expect(parse(Buffer.alloc(2_000_000, ' ')).reason).toBe('There are only blanks.');
    expect(parse(latin1(`${' '.repeat(100_000)}${lines.join('\r')}`)).get('PV1-2')).toBe('LAST');
  });

  test('and edited without a change to any other byte', () => {
    const before = `${lines.join('\r')}\r`;
    const message = parse(latin1(before));
    message.set('OBX[7]-3.2', 'Note & more');
    message.set('OBX[7]-11', 'C');
    message.set('PV1-4', 'X');
    const after = before
      .replace('OBX|7|TX|11502-2^Report^LN|', 'OBX|7|TX|11502-2^Note \\T\\ more^LN|')
      .replace(/(\\T\\ 7\|{6})F/, '$1C')
      .replace('PV1|1|LAST\r', 'PV1|1|LAST||X\r');
    // OBX-11 is the field behind six separators.
    expect(Buffer.from(message.bytes()).toString('latin1')).toBe(after);
    expect(message.get('OBX[7]-3.2')).toBe('Note & more');
    message.addSegment('ZPD|1');
    expect(Buffer.from(message.bytes()).toString('latin1')).toBe(`${after.slice(0, -1)}\rZPD|1\r`);
  });

  test('in its character set, also where delimiters can hide in characters', () => {
    const utf8 = Buffer.from(`${header}||||||UNICODE UTF-8\r${lines.slice(1).join('\r')}\rNTE|1||Größe\r`);
    expect(parse(utf8).get('NTE-3')).toBe('Größe');
    // B5 7C is one character of Big5, whose second byte is the field separator.
    const big5 = latin1(`${header}||||||BIG-5\r${lines.slice(1).join('\r')}\rNTE|1||\xb5\x7c|after\r`);
    expect(parse(big5).get('NTE-4')).toBe('after');
    const jis = latin1(
      `${header}||||||~ISO IR87\r${lines.slice(1).join('\r')}\rNTE|1||\x1b$B4A\x1b(B|after\r`,
    );
    expect(parse(jis).get('NTE-3')).toBe('漢');
  });
});

test('edits of one segment in any order leave the bytes between and around them', () => {
  const before = `${header}\rPID|1||203713||DOE^JOHN||19800412|M|||MAIN\rPV1|1|I\r`;
  const message = parse(latin1(before));
  const edit = (path: string, value: string): string => {
    message.set(path, value);
    return Buffer.from(message.bytes()).toString('latin1').split('\r')[1] ?? '';
  };
  expect(edit('PID-8', 'F')).toBe('PID|1||203713||DOE^JOHN||19800412|F|||MAIN');
  expect(edit('PID-5.2', 'JANE')).toBe('PID|1||203713||DOE^JANE||19800412|F|||MAIN');
  expect(edit('PID-11', '')).toBe('PID|1||203713||DOE^JANE||19800412|F|||');
  expect(edit('PID-5', 'ROE')).toBe('PID|1||203713||ROE||19800412|F|||');
  expect(edit('PID-3', '7')).toBe('PID|1||7||ROE||19800412|F|||');
  expect(edit('PID-13', 'X')).toBe('PID|1||7||ROE||19800412|F|||||X');
  expect(message.toString()).toBe(`${header}\rPID|1||7||ROE||19800412|F|||||X\rPV1|1|I\r`);
  expect(parse(message.bytes()).get('PV1-2')).toBe('I');
});
