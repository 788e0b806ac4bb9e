import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AckCode,
  buildAck,
  buildMessage,
  buildSegment,
  hl7Time,
  isAck,
  parse,
  parseAck,
  peek,
} from './index.ts';

const message = (version: string, rest = ''): Buffer =>
  Buffer.from(
    `MSH|^~\\&|EPIC^1|HOSP|SUTURE|APP|20260131||ADT^A08^ADT_A01|ID\\T\\7|T^X|${version}${rest}\rPID|1\r`,
    'latin1',
  );
const time = '20260131120000';
const lines = (bytes: Uint8Array): string[] => Buffer.from(bytes).toString('latin1').split('\r');
const ack = (original: Uint8Array, code: AckCode, more = {}): string[] =>
  lines(buildAck(original, { code, controlId: '99', time, ...more }));

describe('an acknowledgement', () => {
  it('exchanges sender and receiver, and repeats the control id as written', () => {
    expect(ack(message('2.5.1'), 'AA')).toEqual([
      `MSH|^~\\&|SUTURE|APP|EPIC^1|HOSP|${time}||ACK^A08^ACK|99|T^X|2.5.1`,
      'MSA|AA|ID\\T\\7',
      '',
    ]);
  });

  it.each([
    ['2.2', 'ACK^A08'],
    ['2.3', 'ACK^A08'],
    ['2.3^^', 'ACK^A08'],
    ['2.3.1', 'ACK^A08^ACK'],
    ['2.4', 'ACK^A08^ACK'],
    ['2.8', 'ACK^A08^ACK'],
  ])('of version %s is %s', (version, type) => {
    expect(ack(message(version), 'AA')[0]).toContain(`||${type}|99|T^X|${version}`);
  });

  it('of a message without trigger is ACK alone', () => {
    expect(ack(Buffer.from('MSH|^~\\&|A||||||ADT|1|P|2.5'), 'AA')[0]).toBe(
      `MSH|^~\\&|||A||${time}||ACK|99|P|2.5`,
    );
  });

  it('keeps the delimiters and the character set of the message', () => {
    const original = Buffer.from('MSH*:;!%*\xc4******ADT:A08*1*P*2.5******8859/1\r', 'latin1');
    expect(ack(original, 'AE', { text: 'ä * 漢' })).toEqual([
      `MSH*:;!%***\xc4**${time}**ACK:A08:ACK*99*P*2.5******8859/1`,
      'MSA*AE*1*\xe4 !F! ?',
      'ERR***207:Application internal error:HL70357*E****\xe4 !F! ?',
      '',
    ]);
  });

  it('does not escape half a character of a double-byte set', () => {
    // ソ is 83 5C in Shift_JIS: its second byte is a backslash.
    const original = Buffer.from('MSH|^~\\&|A||||||ADT|1|P|2.5||||||ISO IR14\r');
    expect(ack(original, 'AE', { text: 'ソ!' })[1]).toBe('MSA|AE|1|?!');
  });

  it('says what was wrong in the form of the version', () => {
    const errors = [{ code: '101', segment: 'PID', field: 3, text: 'no id & no name' }];
    expect(ack(message('2.4'), 'AE', { errors })[2]).toBe('ERR|PID^1^3^101&no id \\T\\ no name&HL70357');
    expect(ack(message('2.5'), 'AE', { errors })[2]).toBe(
      'ERR||PID^1^3|101^Required field missing^HL70357|E||||no id \\T\\ no name',
    );
    const severe = [
      {
        code: 'X9',
        segment: 'OBX',
        segmentSequence: 2,
        field: 5,
        repetition: 1,
        component: 2,
        severity: 'W',
      },
    ];
    expect(ack(message('2.7'), 'AR', { errors: severe })[2]).toBe('ERR||OBX^2^5^1^2|X9|W');
    expect(ack(message('2.3'), 'AR')[2]).toBe('ERR|^^^207&Application internal error&HL70357');
  });

  it('has no ERR before 2.3, where its form is free: MSA-3 says what was wrong', () => {
    const errors = [{ code: '101', segment: 'PID', field: 3, text: 'no id' }];
    for (const version of ['2.1', '2.2'])
      expect(ack(message(version), 'AE', { errors }).slice(1)).toEqual(['MSA|AE|ID\\T\\7|no id', '']);
  });

  it('names several errors: repetitions of one ERR-1 up to 2.4, an ERR each from 2.5', () => {
    const errors = [
      { code: '101', segment: 'PID', field: 3 },
      { code: '102', text: 'no date' },
    ];
    for (const version of ['2.3', '2.3.1', '2.4'])
      expect(ack(message(version), 'AE', { errors }).slice(2)).toEqual([
        'ERR|PID^1^3^101&Required field missing&HL70357~^^^102&no date&HL70357',
        '',
      ]);
    const more = [...errors, { code: '207', applicationCode: 'X1', diagnostic: 'queue 7' }];
    for (const version of ['2.5', '2.5.1', '2.6', '2.7', '2.8'])
      expect(ack(message(version), 'AE', { errors: more }).slice(2)).toEqual([
        'ERR||PID^1^3|101^Required field missing^HL70357|E',
        'ERR|||102^Data type error^HL70357|E||||no date',
        'ERR|||207^Application internal error^HL70357|E|X1||queue 7',
        '',
      ]);
  });

  it('says in MSA-4 which sequence number is expected', () => {
    expect(ack(message('2.5'), 'AA', { sequenceNumber: '42' })[1]).toBe('MSA|AA|ID\\T\\7||42');
  });

  it('has an ERR only when something was wrong', () => {
    const errors = [{ code: '101' }];
    for (const code of ['AA', 'CA'] as const) expect(ack(message('2.5'), code, { errors })).toHaveLength(3);
    for (const code of ['AE', 'AR', 'CE', 'CR'] as const) expect(ack(message('2.5'), code)).toHaveLength(4);
  });

  it('of bytes that are no message has the usual delimiters and an empty MSA-2', () => {
    for (const bytes of [Buffer.from('GET / HTTP/1.1'), Buffer.alloc(0), Buffer.from([0xff, 0xfe, 0])])
      expect(ack(bytes, 'AR', { text: 'no usable MSH' })).toEqual([
        `MSH|^~\\&|||||${time}||ACK|99|P|2.5.1`,
        'MSA|AR||no usable MSH',
        'ERR|||207^Application internal error^HL70357|E||||no usable MSH',
        '',
      ]);
  });

  it('keeps its text short and on one line', () => {
    const [, msa] = ack(message('2.5'), 'AE', { text: `one\r\ntwo ${'x'.repeat(500)}` });
    expect(msa).toBe(`MSA|AE|ID\\T\\7|one two ${'x'.repeat(72)}`);
  });

  it('takes a code that is the name of something else for what it is', () => {
    for (const version of ['2.3', '2.5.1']) {
      const message = Buffer.from(`MSH|^~\\&|A|B|C|D|20260131||ADT^A01|1|P|${version}\r`);
      const ack = buildAck(message, {
        code: 'AE',
        controlId: '1',
        time: '20260131120000',
        errors: [{ code: 'toString' }],
      });
      expect(parseAck(ack)).toMatchObject({ kind: 'ack', errors: [{ code: 'toString' }] });
    }
  });

  it('is never a broken message, whatever it answers and says', () => {
    const binary = fc.string({ unit: 'binary', maxLength: 30 });
    const odd = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(fc.constantFrom('MSH|^~\\&|', 'MSH|^|', 'MSH*.~*', 'MSH|^~\\&|||||||ADT^'), binary)
        .map(([head, tail]) => Buffer.from(head + tail)),
    );
    fc.assert(
      fc.property(
        odd,
        fc.constantFrom<AckCode>('AA', 'AE', 'AR', 'CA', 'CE', 'CR'),
        binary,
        (original, code, text) => {
          const content = {
            code,
            text,
            controlId: text,
            time: new Date(0),
            errors: [{ code: text, text, segment: text }],
          };
          const bytes = buildAck(original, content);
          expect(parseAck(bytes)).toMatchObject({ kind: 'ack', code, rawControlId: parseRaw(original) });
          expect(parse(bytes).segments().length).toBeLessThanOrEqual(3);
          expect(buildAck(original, content)).toEqual(bytes);
        },
      ),
      { numRuns: 1_000 },
    );
    function parseRaw(original: Uint8Array): string {
      return parse(buildAck(original, { code: 'AA', controlId: '', time: '' })).raw('MSA-2') ?? '';
    }
  });

  it('takes what was peeked instead of the bytes, and a date in UTC', () => {
    const original = message('2.5');
    const content = { code: 'AA', controlId: '1', time: new Date('2026-01-31T12:00:00.123Z') } as const;
    expect(buildAck(peek(original), content)).toEqual(buildAck(original, content));
    expect(hl7Time(content.time)).toBe('20260131120000+0000');
    expect(lines(buildAck(original, content))[0]).toContain('|20260131120000+0000|');
    expect(hl7Time(new Date(Number.NaN))).toBe('');
  });

  it('is never acknowledged itself', () => {
    expect(isAck(peek(buildAck(message('2.5'), { code: 'AA', controlId: '1', time })))).toBe(true);
    expect(isAck(peek(Buffer.from('MSH|^~\\&|||||||ACK|1')))).toBe(true);
    expect(isAck(peek(Buffer.from('MSH|^~\\&|||||||MCF|1')))).toBe(true);
    expect(isAck(peek(message('2.5')))).toBe(false);
  });
});

describe('parseAck', () => {
  it('reads code, control id, text and errors of both forms', () => {
    const errors = [{ code: '101', segment: 'PID', segmentSequence: 1, field: 3, text: 'no id' }];
    for (const version of ['2.3', '2.5'])
      expect(
        parseAck(buildAck(message(version), { code: 'AE', controlId: '1', time, errors })),
      ).toMatchObject({
        kind: 'ack',
        code: 'AE',
        controlId: 'ID&7',
        rawControlId: 'ID\\T\\7',
        text: 'no id',
        errors,
      });
  });

  it('reads every place and every error, whatever version the header claims', () => {
    const errors = [
      {
        code: '102',
        text: 'no date',
        segment: 'OBX',
        segmentSequence: 2,
        field: 5,
        repetition: 1,
        component: 3,
        severity: 'W' as const,
        applicationCode: 'X1',
        diagnostic: 'queue 7',
      },
      { code: '101', segment: 'PID', segmentSequence: 1, field: 3, text: 'no id' },
    ];
    const modern = buildAck(message('2.5'), { code: 'AE', controlId: '1', time, errors });
    expect(parseAck(modern)).toMatchObject({
      errors: [errors[0], { ...errors[1], severity: 'E' }],
      text: 'no date',
    });
    const old = buildAck(message('2.4'), { code: 'AE', controlId: '1', time, errors });
    const reduced = { code: '102', text: 'no date', segment: 'OBX', segmentSequence: 2, field: 5 };
    expect(parseAck(old)).toMatchObject({ errors: [reduced, errors[1]] });
    // A receiver that copies the version of the message and keeps its own ERR.
    const mixed = Buffer.from(
      Buffer.from(modern).toString('latin1').replace('|T^X|2.5', '|T^X|2.3'),
      'latin1',
    );
    expect(parseAck(mixed)).toMatchObject({ errors: [errors[0], { code: '101' }] });
  });

  it('reads errors that are told in MSA-6 or as free text, and MSA-4', () => {
    const from = (rest: string) => parseAck(Buffer.from(`MSH|^~\\&|A\r${rest}`));
    expect(from('MSA|AE|1\rERR|no such patient\r')).toMatchObject({
      text: 'no such patient',
      errors: [{ text: 'no such patient' }],
    });
    expect(from('MSA|AE|1||||207^down^HL70357\r')).toMatchObject({ text: 'down', errors: [] });
    expect(from('MSA|AA|1||42\r')).toMatchObject({ sequenceNumber: '42', errors: [] });
    expect(from('MSA|AA|1\rERR|||0^Message accepted^HL70357|I\r')).toMatchObject({
      errors: [{ code: '0', severity: 'I' }],
    });
  });

  it.each([
    ['no message', 'hello', /do not begin with an MSH/],
    ['nothing', '', /no bytes/],
    ['a message without MSA', 'MSH|^~\\&|A\rPID|1\r', /no MSA segment/],
    ['an unknown code', 'MSH|^~\\&|A\rMSA|OK|1\r', /none of AA, AE, AR/],
    ['an empty code', 'MSH|^~\\&|A\rMSA||1\r', /none of AA, AE, AR/],
  ])('calls %s junk', (_, text, reason) => {
    expect(parseAck(Buffer.from(text))).toEqual({ kind: 'junk', reason: expect.stringMatching(reason) });
  });
});

describe('building', () => {
  it('writes fields, components, subcomponents, repetitions, nulls and raw text', () => {
    const fields = [
      '1',
      undefined,
      { repetitions: ['7', ['8', undefined, ['E', '1.2'], undefined]] },
      null,
      { raw: 'x^y' },
      'a&b',
      '',
    ];
    expect(buildSegment('PID', fields)).toBe('PID|1||7~8^^E&1.2|""|x^y|a\\T\\b');
    expect(buildSegment('PID', [['1'], '', ['4711', '', '', 'EPIC', 'MR']])).toBe('PID|1||4711^^^EPIC^MR');
    const bare = parse('MSH|^|A').delimiters;
    expect(buildSegment('PID', [{ repetitions: ['1', '2'] }, [['a', 'b'], 'c']], bare)).toBe('PID|1|a^c');
  });

  it('makes a message that reads back', () => {
    const bytes = buildMessage([
      [
        'MSH',
        'SUTURE',
        undefined,
        undefined,
        undefined,
        '20260131',
        undefined,
        ['ADT', 'A08'],
        '1',
        'P',
        '2.5.1',
      ],
      ['PID', undefined, undefined, ['Ä|B']],
    ]);
    expect(Buffer.from(bytes).toString()).toBe(
      'MSH|^~\\&|SUTURE||||20260131||ADT^A08|1|P|2.5.1\rPID|||Ä\\F\\B\r',
    );
    expect(parse(bytes).get('PID-3')).toBe('Ä|B');
  });
});
