import { describe, expect, it } from 'vitest';
import { declaredDelimiters, parse, peek } from './index.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

describe('a usable MSH', () => {
  it.each([
    ['the usual one', 'MSH|^~\\&|A\r'],
    ['nothing but MSH-1 and MSH-2', 'MSH|^~\\&'],
    ['one encoding character', 'MSH|^|A'],
    ['two encoding characters', 'MSH|^~|A'],
    ['three encoding characters', 'MSH|^~\\|A'],
    ['a truncation character', 'MSH|^~\\&#|A'],
    ['other delimiters', 'MSH*:;!%*A'],
    ['a dollar as field separator', 'MSH$%~\\&$A'],
    ['a byte order mark before it', '\ufeffMSH|^~\\&|A'],
    ['line ends and blanks before it', '\r\n \t\nMSH|^~\\&|A'],
    ['both before it', '\ufeff\r\nMSH|^~\\&|A'],
    ['an MLLP start byte before it', '\x0bMSH|^~\\&|A'],
  ])('is %s', (_, text) => {
    expect(parse(bytes(text)).usable).toBe(true);
    expect(parse(bytes(text)).reason).toBeUndefined();
    expect(peek(bytes(text)).usable).toBe(true);
  });

  it.each([
    ['no bytes', '', 'There are no bytes.'],
    ['blanks only', '\r\n  ', 'There are only blanks.'],
    ['a batch file', 'FHS|^~\\&|A\rBHS|^~\\&\rMSH|^~\\&|A', 'This is a batch file: split it first.'],
    ['a batch', 'BHS|^~\\&|A\r', 'This is a batch file: split it first.'],
    [
      'another segment first',
      'PID|1\rMSH|^~\\&|A',
      'The first segment is PID, not MSH: the header of the message is missing.',
    ],
    ['words', 'GET / HTTP/1.1\r\n', 'The bytes do not begin with an MSH segment.'],
    ['a JSON text', '{"a":1}', 'The bytes do not begin with an MSH segment.'],
    ['lower case', 'msh|^~\\&|A', 'The bytes do not begin with an MSH segment.'],
    ['MSH alone', 'MSH', 'MSH-1 is missing: nothing stands after "MSH".'],
    ['a separator alone', 'MSH|', 'MSH-2 is empty: at least a component separator is needed.'],
    ['no encoding characters', 'MSH||A', 'MSH-2 is empty: at least a component separator is needed.'],
    ['a letter as separator', 'MSHA^~\\&', 'MSH-1, the field separator, is the letter or digit "A".'],
    ['a digit as separator', 'MSH1^~\\&', 'MSH-1, the field separator, is the letter or digit "1".'],
    ['a line end as separator', 'MSH\r^~\\&', 'MSH-1, the field separator, is a line end.'],
    [
      'a letter among the encoding characters',
      'MSH|^a\\&|A',
      'MSH-2 holds the letter or digit "a", which cannot be a delimiter.',
    ],
    ['one delimiter twice', 'MSH|^~^&|A', 'MSH-1 and MSH-2 use "^" twice.'],
    [
      'a delimiter beyond ASCII',
      'MSH|§~\\&|A',
      'MSH-2 holds a character beyond ASCII, which cannot be a delimiter.',
    ],
    [
      'a sentence that begins like one',
      'MSH is missing',
      'MSH-2 holds the letter or digit "i", which cannot be a delimiter.',
    ],
  ])('is not %s', (_, text, reason) => {
    const message = parse(bytes(text));
    expect(message.usable).toBe(false);
    expect(message.reason).toBe(reason);
    expect(message.findings.map(({ code }) => code)).toContain('no-header');
    expect(peek(bytes(text)).usable).toBe(false);
  });

  it('may be UTF-16, but not half of it', () => {
    const wide = Buffer.from('\ufeffMSH|^~\\&|A\r', 'utf16le');
    expect(parse(wide).usable).toBe(true);
    expect(peek(wide).sendingApplication).toBe('A');
    const damaged = Buffer.concat([Buffer.from('0000feff', 'hex'), Buffer.from('MSH|^~\\&|A\r')]);
    expect(parse(damaged).reason).toMatch(/^A byte order mark of UTF-16 or UTF-32 stands first, but/);
    expect(peek(damaged).usable).toBe(false);
  });
});

describe('delimiters', () => {
  it('are the five of MSH-2, and those that are not declared do not exist', () => {
    expect(parse('MSH|^~\\&#|A').delimiters).toMatchObject({
      field: '|',
      component: '^',
      repetition: '~',
      escape: '\\',
      subcomponent: '&',
      truncation: '#',
      encoding: '^~\\&#',
    });
    expect(parse('MSH|^~|A').delimiters).toMatchObject({
      repetition: '~',
      escape: undefined,
      subcomponent: undefined,
    });
    expect(parse('MSH*:;!%*A').delimiters).toMatchObject({ field: '*', component: ':', subcomponent: '%' });
  });

  it('are one object for all messages that declare the same', () => {
    expect(parse('MSH*:;!%*A').delimiters).toBe(parse('MSH*:;!%*B').delimiters);
  });

  it('say in words why they cannot divide a message', () => {
    expect(declaredDelimiters('|', '^^')).toBe('MSH-1 and MSH-2 use "^" twice');
  });
});

describe('peek', () => {
  const line =
    'MSH|^~\\&|EPIC|HOSP^1.2^ISO|SUTURE|APP|20260131120000-0500|USER1|ADT^A01^ADT_A01|4711|T^R|2.5.1^USA|77||AL|NE|USA|UNICODE UTF-8~8859/1';

  it('reads the header and nothing else', () => {
    expect(peek(bytes(`${line}\rPID|1\r`))).toMatchObject({
      usable: true,
      sendingApplication: 'EPIC',
      sendingFacility: 'HOSP^1.2^ISO',
      receivingApplication: 'SUTURE',
      receivingFacility: 'APP',
      time: '20260131120000-0500',
      security: 'USER1',
      code: 'ADT',
      trigger: 'A01',
      structure: 'ADT_A01',
      type: 'ADT^A01',
      controlId: '4711',
      processingId: 'T',
      version: '2.5.1',
      sequenceNumber: '77',
      acceptAck: 'AL',
      applicationAck: 'NE',
      charset: 'UNICODE UTF-8',
    });
  });

  it('gives the empty text for what is not there', () => {
    expect(peek(bytes('MSH|^~\\&|A'))).toMatchObject({ type: '', controlId: '', version: '', charset: '' });
  });

  it('names the type the same whatever the component separator', () => {
    expect(peek(bytes('MSH|:~\\&|||||||SIU:S12')).type).toBe('SIU^S12');
    expect(peek(bytes('MSH|^~\\&|||||||ACK')).type).toBe('ACK');
  });

  it('unescapes values and keeps them as written in fields', () => {
    const header = peek(bytes('MSH|^~\\&|A\\T\\B||||||ADT|ID\\F\\1'));
    expect(header.sendingApplication).toBe('A&B');
    expect(header.controlId).toBe('ID|1');
    expect(header.fields[10]).toBe('ID\\F\\1');
  });

  it('reads values in the character set that MSH-18 names', () => {
    const text = 'MSH|^~\\&|KRANKENH\xc4US||||||ADT|1|P|2.5||||||8859/1';
    expect(peek(Buffer.from(text, 'latin1')).sendingApplication).toBe('KRANKENHÄUS');
  });

  it.each(['\r', '\n', '\r\n', '\x1c\r'])('ends the header at %j', (end) => {
    expect(peek(bytes(`MSH|^~\\&|A||||||ADT|1${end}PID|2`)).controlId).toBe('1');
  });

  it('says the same as the message it belongs to', () => {
    expect(parse(bytes(`\ufeff\r\n${line}\nPID|1`)).header).toEqual(peek(bytes(`\ufeff\r\n${line}\nPID|1`)));
  });

  it('reads a plain Uint8Array that is a window of another', () => {
    const whole = new Uint8Array(bytes(`xx${line}`));
    expect(peek(whole.subarray(2)).controlId).toBe('4711');
  });
});
