import { describe, expect, test } from 'vitest';
import { eventContext } from './index.ts';
import { admission, contextOf, site } from './stories.fixture.ts';

describe('the event of a message', () => {
  test('is the record itself for FHIR, with the site beside it', () => {
    const { event, site: facts, hl7 } = contextOf('fhir', { resourceType: 'Patient', id: 'abc' });
    expect(event).toEqual({ resourceType: 'Patient', id: 'abc' });
    expect(facts).toEqual({
      id: 'riverside',
      name: 'Riverside Hospital',
      environment: 'sandbox',
      timeZone: 'America/Chicago',
      mrnSystem: 'urn:oid:1.2.3.4',
    });
    expect(hl7).toBeUndefined();
  });

  test('is the FHIR reading of an HL7 message, made once, when it is first looked at', () => {
    const { event, hl7, findings } = contextOf('hl7', admission);
    expect(event).toMatchObject({ type: 'ADT^A01', controlId: '4711' });
    expect(event.patient).toBe(event.patient);
    expect(event.patient).toMatchObject({
      birthDate: '1987-09-12',
      gender: 'female',
      name: [{ family: 'MÜLLER', given: ['ANNA', 'MARIA'], use: 'official' }],
      identifier: [{ system: 'urn:oid:1.2.3.4', value: '203713' }, { value: 'Z6129' }],
    });
    expect(event.encounter).toMatchObject({ status: 'in-progress', class: { code: 'IMP' } });
    expect(hl7?.get('PID-5.1')).toBe('MÜLLER');
    expect(findings().map(({ code }) => code)).toContain('unknown-assigner');
  });

  test('is the body of a hook, or its text', () => {
    expect(contextOf('json', [1, 2]).event).toEqual([1, 2]);
    expect(contextOf('text', 'hello').event).toEqual({ text: 'hello' });
  });

  test('of bytes that are not what they were kept as is a validation failure without any of the bytes', () => {
    const refused = [
      ['fhir', '{"resourceType":"Patient"'],
      ['fhir', '{"id":"SECRET"}'],
      ['fhir', 'null'],
      ['json', '{"SECRET'],
      ['hl7', 'PID|1||SECRET'],
      ['json', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ] as const;
    for (const [format, text] of refused) {
      try {
        contextOf(format, text);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ kind: 'validation', code: 'MESSAGE_UNREADABLE' });
        expect(String(error)).not.toContain('SECRET');
      }
    }
    expect(() => eventContext({ format: 'json', type: '' }, Uint8Array.of(0x22, 0xff, 0x22), site)).toThrow(
      'UTF-8',
    );
  });

  test('knows the medical record number by what the site record says of it', () => {
    const byAssigner = {
      ...site,
      identifiers: { mrn: { system: 'urn:x', hl7: { field: 'PID-3', assigner: 'EPIC' } } },
    };
    const { event } = eventContext(
      { format: 'hl7', type: '' },
      new TextEncoder().encode(admission),
      byAssigner,
    );
    expect(event.patient).toMatchObject({
      identifier: [{ value: '203713' }, { system: 'urn:x', value: 'Z6129' }],
    });
  });
});
