import { expect, test } from 'vitest';
import { sameButForTime } from './resent.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const message = (time: string, rest = '|ADT^A01|1|P|2.5\rPID|1||4711'): Uint8Array =>
  bytes(`MSH|^~\\&|EPIC|NORTH|APP|US|${time}|${rest}\r`);

test('a difference in MSH-7 alone is told from any other', () => {
  expect(sameButForTime(message('20261121090000'), message('20261121090005.123-0600'))).toBe(true);
  expect(sameButForTime(message(''), message('20261121090005'))).toBe(true);
  expect(sameButForTime(message('1'), message('2', '|ADT^A01|1|P|2.5\rPID|1||4712'))).toBe(false);
  expect(sameButForTime(message('1'), message('2', 'x|ADT^A01|1|P|2.5\rPID|1||4711'))).toBe(false);
  expect(
    sameButForTime(message('1'), bytes('MSH|^~\\&|EPIC|SOUTH|APP|US|2||ADT^A01|1|P|2.5\rPID|1||4711\r')),
  ).toBe(false);
});

test('what has no such field is never the same but for it', () => {
  expect(sameButForTime(bytes('MSH|^~\\&|A\r|B'), bytes('MSH|^~\\&|A\r|B'))).toBe(false);
  expect(sameButForTime(bytes(''), bytes(''))).toBe(false);
  expect(sameButForTime(bytes('{"a":1}'), bytes('{"a":2}'))).toBe(false);
});
