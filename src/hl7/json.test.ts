import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dictionary, extendDictionary, localDefinitions } from './dictionary/index.ts';
import { fromJson, toJson } from './json.ts';
import { JsonError } from './json-leaf.ts';
import { compactSchema, readableSchema } from './json-schema.ts';
import { parse } from './message.ts';

const adt = [
  'MSH|^~\\&|EHR|NORTH|SUTURE||20260131120000||ADT^A08^ADT_A01|4711|P|2.5.1',
  'PID|1||77^^^EPIC&1.2.3&ISO^MR~88^^^^SS||O\\T\\Brien^Jane^""||19800101|F||',
  'NTE|1||first\\.br\\second \\H\\bold\\N\\ 5\\\\6',
  'OBX|1|CWE|8480-6^Systolic^LN||A^B^C^^~X|',
  'ZPD|a^b&c|||',
  '',
].join('\r');

const validators = {
  compact: new Ajv2020({ strict: false }).compile(compactSchema),
  readable: new Ajv2020({ strict: false }).compile(readableSchema),
};

/** Through text, as JSON travels. */
const travelled = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the compact form', () => {
  it('has field n at index n, texts without escapes, and null for ""', () => {
    const { segments, source } = toJson(parse(adt));
    expect(source).toBeUndefined();
    expect(segments[0]).toEqual([
      ...['MSH', '|', '^~\\&', 'EHR', 'NORTH', 'SUTURE', '', '20260131120000', ''],
      ...[['ADT', 'A08', 'ADT_A01'], '4711', 'P', '2.5.1'],
    ]);
    expect(segments[1]).toEqual([
      ...['PID', '1', ''],
      {
        repetitions: [
          ['77', '', '', ['EPIC', '1.2.3', 'ISO'], 'MR'],
          ['88', '', '', '', 'SS'],
        ],
      },
      ...['', ['O&Brien', 'Jane', null], '', '19800101', 'F', '', ''],
    ]);
    expect(segments[2]?.[3]).toEqual({ raw: 'first\\.br\\second \\H\\bold\\N\\ 5\\\\6' });
  });

  it('can be written by hand', () => {
    const message = fromJson({
      form: 'compact',
      segments: [
        ['MSH', '|', '^~\\&', 'EHR'],
        ['PID', '1', null, ['a|b', ['c', '&']]],
      ],
    });
    expect(message.toString()).toBe('MSH|^~\\&|EHR\rPID|1|""|a\\F\\b^c&\\T\\\r');
    const header = ['MSH', '|', '^~\\&', ...Array.from({ length: 14 }, () => ''), ''];
    const bytesIn = (charset: string) =>
      fromJson({
        form: 'compact',
        segments: [
          [...header, charset],
          ['NTE', '1', '', 'é'],
        ],
      }).bytes();
    expect([...bytesIn('8859/1').subarray(-2)]).toEqual([0xe9, 0x0d]);
    expect(parse(bytesIn('UNICODE UTF-16')).get('NTE-3')).toBe('é');
    expect(() =>
      fromJson({
        form: 'compact',
        charset: 'KLINGON',
        segments: [
          [...header, 'KLINGON'],
          ['NTE', '1', '', 'é'],
        ],
      }),
    ).toThrow(/^charset: expected/);
    expect([...bytesIn('').subarray(-3)]).toEqual([0xc3, 0xa9, 0x0d]);
  });
});

describe('the readable form', () => {
  it('names what the dictionary names, and lists what may repeat', () => {
    const { segments, version } = toJson(parse(adt), { form: 'readable' });
    expect(version).toBe('2.5.1');
    expect(segments[1]).toEqual({
      segment: 'PID',
      setId: '1',
      patientIdentifierList: [
        {
          idNumber: '77',
          assigningAuthority: { namespaceId: 'EPIC', universalId: '1.2.3', universalIdType: 'ISO' },
          identifierTypeCode: 'MR',
        },
        { idNumber: '88', identifierTypeCode: 'SS' },
      ],
      patientName: [
        {
          familyName: { surname: 'O&Brien' },
          givenName: 'Jane',
          secondAndFurtherGivenNamesOrInitialsThereof: null,
        },
      ],
      dateTimeOfBirth: { time: '19800101' },
      administrativeSex: 'F',
      trailing: 2,
    });
    expect(segments[3]).toMatchObject({
      observationValue: [{ identifier: 'A', trailing: 2 }, { identifier: 'X' }],
    });
    expect(segments[4]).toEqual({
      segment: 'ZPD',
      field1: { component1: 'a', component2: { subcomponent1: 'b', subcomponent2: 'c' } },
      trailing: 3,
    });
  });

  it('names the segments of a site by its own definitions, and says which name was meant', () => {
    const local = localDefinitions({
      segments: { ZPD: { name: 'Local', fields: { 1: { name: 'Nickname' } } } },
    });
    const names = extendDictionary(dictionary('2.5.1'), local);
    const message = parse('MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\rZPD|Jo\r');
    const json = toJson(message, { form: 'readable', dictionary: names });
    expect(json.segments[1]).toEqual({ segment: 'ZPD', nickname: 'Jo' });
    expect(fromJson(json, { dictionary: names }).toString()).toBe(message.toString());
    const wrong = { ...json, segments: [json.segments[0], { segment: 'ZPD', nickmane: 'Jo' }] };
    expect(() => fromJson(wrong, { dictionary: names })).toThrow(
      'segments[1].nickmane: segment ZPD has no part "nickmane" in this dictionary. Did you mean "nickname"?',
    );
  });
});

describe('both forms', () => {
  const unit = fc.constantFrom(
    ...[
      '|',
      '^',
      '~',
      '\\',
      '&',
      '"',
      '""',
      '\r',
      '\n',
      '\r\n',
      'PID|',
      'OBX|1|CWE|',
      'ZZZ|',
      'MSH|',
      '\\T\\',
      '\\X41\\',
    ],
    ...['A', '1', 'é', '\xff', '\x0b', '\x1c', ' ', '\\.br\\', '#', 'raw', '\x00'],
  );
  const bytes = fc
    .tuple(
      fc.constantFrom('MSH|^~\\&|A\r', 'MSH|^~\\&#|\n', 'MSH|^\r', '', 'MSH$%*?!$x\r\n'),
      fc.array(unit, { maxLength: 50 }),
    )
    .map(([head, units]) => Buffer.from(head + units.join(''), 'latin1'));

  it('give any bytes back, and are as their schemas say', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom('2.5.1', '2.3', '2.8'), (each, version) => {
        const message = parse(each);
        const options = { dictionary: dictionary(version) };
        const compact = travelled(toJson(message));
        expect(Buffer.compare(fromJson(compact).bytes(), each)).toBe(0);
        expect(validators.compact(compact)).toBe(true);
        const readable = travelled(toJson(message, { form: 'readable', ...options }));
        expect(Buffer.compare(fromJson(readable, options).bytes(), each)).toBe(0);
        expect(validators.readable(readable)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('hold the bytes themselves only where nothing else would do', () => {
    for (const text of [adt, adt.replaceAll('\r', '\n'), adt.replaceAll('\r', '\r\n'), adt.trimEnd()])
      expect(toJson(parse(text))).not.toHaveProperty('source');
    expect(toJson(parse(adt), { form: 'readable' })).not.toHaveProperty('source');
    const escaped = parse('MSH|^~\\&|\rNTE|\\X22\\\\X22\\|""|"\r');
    expect(toJson(escaped)).not.toHaveProperty('source');
    expect(toJson(escaped).segments[1]).toEqual(['NTE', { raw: '\\X22\\\\X22\\' }, null, '"']);
    const latin = Buffer.from(`${adt}NTE|1||Größe\r`, 'latin1');
    expect(toJson(parse(latin))).toMatchObject({ charset: '8859/1' });
    expect(toJson(parse(latin))).not.toHaveProperty('source');
    expect(toJson(parse(adt.replace('\rPID', '\r\rPID')))).toHaveProperty('source');
  });

  it('let an edit win over the bytes they hold', () => {
    const message = parse(adt.replace('\rPID', '\r\rPID'));
    const json = JSON.parse(JSON.stringify(toJson(message)));
    expect(fromJson(json).toString()).toBe(message.toString());
    json.segments[1][8] = 'M';
    expect(fromJson(json).get('PID-8')).toBe('M');
  });

  it('refuse what would reach beyond its place, and say where', () => {
    const head = ['MSH', '|', '^~\\&'];
    const errorOf = (segments: unknown[]): string => {
      try {
        fromJson({ form: 'compact', segments });
        return 'no error';
      } catch (error) {
        return error instanceof JsonError ? error.message : String(error);
      }
    };
    expect(errorOf([head, ['PID', { raw: 'a|b' }]])).toMatch(/^segments\[1\]\[1\]: the raw text holds "\|"/);
    expect(errorOf([head, ['PID', { raw: 'a\rOBX' }]])).toMatch(/the raw text holds "\\r"/);
    expect(errorOf([head, ['PID', ['a', { raw: 'b^c' }]]])).toMatch(
      /^segments\[1\]\[1\]\[1\]: the raw text holds "\^"/,
    );
    expect(errorOf([head, 'NTE\rOBX'])).toMatch(/^segments\[1\]: a line end/);
    expect(errorOf([head, ['pid']])).toMatch(/^segments\[1\]\[0\]: expected a segment id/);
    expect(errorOf([head, ['PID', 5]])).toMatch(/^segments\[1\]\[1\]: expected a text/);
    expect(errorOf([['MSH', '|', '||']])).toMatch(/twice/);
    expect(() =>
      fromJson({ form: 'readable', version: '2.5.1', segments: [{ segment: 'PID', trailing: 1e9 }] }),
    ).toThrow(/segments\[0\]\.trailing/);
    expect(() => fromJson('x')).toThrow(JsonError);
  });
});
