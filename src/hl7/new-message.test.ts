import { describe, expect, it } from 'vitest';
import { parse } from './message.ts';
import { BuildError, build, buildFrom } from './new-message.ts';
import { validate } from './validate/index.ts';

const head = { type: 'ADT^A01', time: '20260131120000', controlId: '4711' };

describe('building a message', () => {
  it('from nothing, by names, numbers or position, escaped', () => {
    const message = build({
      ...head,
      sendingApplication: 'EHR|1',
      segments: [
        ['EVN', { recordedDateTime: '20260131120000' }],
        [
          'PID',
          {
            1: '1',
            patientIdentifierList: {
              repetitions: [
                { idNumber: '77', assigningAuthority: { namespaceId: 'EPIC', universalId: '1.2' }, 5: 'MR' },
                ['88', null],
              ],
            },
            'Patient Name': { familyName: "O'Brien & Sons", givenName: 'JANE' },
            administrativeSex: 'F',
          },
        ],
        ['PV1', '1', 'I'],
      ],
    });
    expect(message.toString().split('\r')).toEqual([
      'MSH|^~\\&|EHR\\F\\1||||20260131120000||ADT^A01^ADT_A01|4711|P|2.5.1',
      'EVN||20260131120000',
      'PID|1||77^^^EPIC&1.2^MR~88^""||O\'Brien \\T\\ Sons^JANE|||F',
      'PV1|1|I',
      '',
    ]);
    expect(validate(message)).toEqual([]);
  });

  it('writes the header as the version has it', () => {
    const typeOf = (type: string, version: string) =>
      build({ ...head, type, version, segments: [] }).raw('MSH-9');
    expect(typeOf('ADT^A08', '2.5.1')).toBe('ADT^A08^ADT_A01');
    expect(typeOf('ADT^A08', '2.3')).toBe('ADT^A08');
    expect(typeOf('ORU^R01^ORU_R30', '2.5.1')).toBe('ORU^R01^ORU_R30');
    const utc = build({
      ...head,
      time: new Date('2026-01-31T12:00:00Z'),
      charset: '8859/1',
      segments: [['NTE', '1', '', 'é']],
    });
    expect(utc.get('MSH-7')).toBe('20260131120000+0000');
    expect(utc.get('MSH-18')).toBe('8859/1');
    expect(Buffer.from(utc.bytes()).includes(0xe9)).toBe(true);
    const wide = build({ ...head, charset: 'UNICODE UTF-16', segments: [['NTE', '1', '', '漢']] });
    expect(wide.get('NTE-3')).toBe('漢');
    expect(parse(wide.bytes()).get('NTE-3')).toBe('漢');
    expect(() => build({ ...head, charset: 'KLINGON', segments: [['NTE', '1', '', 'é']] })).toThrow(
      BuildError,
    );
  });

  it('says which name was meant', () => {
    const at = (fields: Record<string, never>) => build({ ...head, segments: [['PID', fields]] });
    expect(() => at({ patientNane: 'x' } as never)).toThrow(
      'PID.patientNane: there is no such part. Did you mean "patientName"?',
    );
    expect(() => at({ patientName: { familyNam: 'x' } } as never)).toThrow(
      /PID\.patientName\.familyNam: .*"familyName"/,
    );
    expect(() => at({ 5: 'x', patientName: 'y' } as never)).toThrow(/given twice/);
    expect(() => build({ ...head, segments: [['MSH', 'x']] })).toThrow(BuildError);
    expect(() => build({ ...head, segments: [['pid', 'x']] })).toThrow(BuildError);
    expect(() => build({ ...head, type: 'nothing', segments: [] })).toThrow(BuildError);
  });

  it('from another, which stays as it is', () => {
    const text = 'MSH|^~\\&|EHR||||20250101||ADT^A01|1|P|2.5.1\nEVN||2025\nPID|1||77\nOBX|1\nOBX|2\n';
    const first = parse(text);
    const second = buildFrom(first, {
      type: 'ADT^A08',
      time: '20260131',
      controlId: '2',
      receivingApplication: 'SUTURE',
      keep: ['EVN', 'PID'],
      segments: [['ZPD', 'a&b']],
    });
    expect(second.toString()).toBe(
      'MSH|^~\\&|EHR||SUTURE||20260131||ADT^A08^ADT_A01|2|P|2.5.1\nEVN||2025\nPID|1||77\nZPD|a\\T\\b\n',
    );
    expect(first.toString()).toBe(text);
  });
});
