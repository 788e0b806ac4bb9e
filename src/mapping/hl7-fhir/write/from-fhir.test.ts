import { describe, expect, test } from 'vitest';
import { type FhirWriting, fromFhir, type GivenResources, type WritingEvent } from './index.ts';
import {
  appointment,
  clinic,
  doctor,
  note,
  observation,
  options,
  patient,
  visit,
} from './resources.fixture.ts';

const write = (event: WritingEvent, resources: GivenResources, more: object = {}): FhirWriting =>
  fromFhir(resources, { ...options, event, ...more });

const lines = ({ message }: FhirWriting, id?: string): string[] =>
  message.segments(id).map((segment) => segment.raw);

const found = ({ findings }: FhirWriting): string[] =>
  findings.map(({ severity, code, path }) => `${severity} ${code} ${path}`);

const everyone = [patient, doctor, clinic, visit, appointment];

describe('an Appointment as SIU', () => {
  const booked = write('SIU^S12', everyone);

  test('stands in SCH, NTE, PID, PV1 and its resources, times in the zone of the site', () => {
    expect(lines(booked)).toEqual([
      'MSH|^~\\&|CAREAPP||EPIC|RIVERSIDE|20260131120000|CAREUSER|SIU^S12^SIU_S12|4711|P|2.5.1||||||UNICODE UTF-8',
      'SCH||99001^EPIC|||||FOLLOWUP^^HL70276|Normal^Routine^HL70277|30|min^minutes^UCUM|^^M30^20260202090000^20260202093000|||||||||CAREUSER|||||Booked',
      'NTE|1||Bring the list \\F\\ and\\.br\\the letter',
      'PID|1||203713^^^EPI^MR||LOPEZ \\T\\ VON^CAMILA^MARIA^^DR^^L||19870912|F|||3268 W Main^Apt 2^SPRINGFIELD^IL^62701^^H||(217)555-0199^PRN^PH~^NET^Internet^c@example.org|217 5550111^WPN^PH|en^^ISO639-1|M^Married^HL70002',
      'PV1|1|O|CARD CLINIC^^^RIVERSIDE||||017511^TOBIAS^JON^^^DR^^^EPIC^^^^PROVID||||||||||||99001^^^EPIC^CSN|||||||||||||||||||||||||20260131115500',
      'RGS|1|A',
      'AIS|1|A|185389009^Follow-up^SCT|20260202090000|||30|min^minutes^UCUM||Booked',
      'AIG|1|A|^ECG 2|||||20260202090000|||30|min^minutes^UCUM||Booked',
      'AIL|1|A|CARD CLINIC^^^RIVERSIDE|||20260202090000|||30|min^minutes^UCUM||Booked',
      'AIP|1|A|017511^TOBIAS^JON^^^DR^^^EPIC^^^^PROVID|||20260202090000|||30|min^minutes^UCUM||Booked',
    ]);
  });

  test('has no finding but what the standard requires and nobody said', () => {
    expect(booked.findings.map(({ severity, code, place }) => `${severity} ${code} ${place}`)).toEqual([
      'information missing SCH-6',
      'information missing SCH-16',
      'information conflict MSH-9',
    ]);
  });

  test.each([
    ['SIU^S12', 'cancelled'],
    ['SIU^S14', 'noshow'],
    ['SIU^S15', 'booked'],
    ['SIU^S26', 'arrived'],
  ] as const)('refuses by an error to let %s speak for an appointment that is %s', (event, status) => {
    const wrong = write(event, [patient, { ...appointment, status }]);
    expect(found(wrong)).toContain('error conflict Appointment.status');
  });

  test.each([
    ['SIU^S13', 'booked', 'Booked'],
    ['SIU^S15', 'cancelled', 'Cancelled'],
    ['SIU^S26', 'noshow', 'Noshow'],
    ['SIU^S17', 'entered-in-error', 'Deleted'],
  ] as const)('%s of one that is %s says %s', (event, status, code) => {
    const right = write(event, [patient, { ...appointment, status }]);
    expect(right.message.get('SCH-25')).toBe(code);
    expect(found(right).filter((each) => each.startsWith('error'))).toEqual([]);
  });

  test('says why it was cancelled, and by which order it was made', () => {
    const { message } = write('SIU^S15', [
      patient,
      {
        ...appointment,
        status: 'cancelled',
        cancelationReason: { text: 'Patient is ill' },
        basedOn: [{ reference: 'ServiceRequest/s' }],
      },
      { resourceType: 'ServiceRequest', id: 's', identifier: [{ value: 'ORD7' }] },
    ]);
    expect(message.get('SCH-6')).toBe('^Patient is ill');
    expect(message.get('SCH-26')).toBe('ORD7');
  });

  test('puts the time in TQ1 from version 2.7 on, where SCH-11 is gone', () => {
    const late = write('SIU^S12', everyone, { version: '2.8' });
    expect(lines(late, 'TQ1')).toEqual(['TQ1|1||||||20260202090000|20260202093000']);
    expect(late.message.get('SCH-11')).toBe('');
  });
});

describe('a Patient and an Encounter as ADT', () => {
  test('A04 registers the visit', () => {
    const registered = write('ADT^A04', [patient, doctor, clinic, visit], { eventReason: 'APP_CHECKIN' });
    expect(lines(registered, 'EVN')).toEqual(['EVN|A04|20260131120000||APP_CHECKIN|CAREUSER']);
    expect(registered.message.get('MSH-9')).toBe('ADT^A04^ADT_A01');
    expect(registered.message.get('PV1-19.1')).toBe('99001');
    expect(found(registered)).toEqual([]);
  });

  test('A31 needs no visit and says that there is none; contacts are next of kin', () => {
    const contact = {
      relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0063', code: 'SPO' }] }],
      name: { family: 'LOPEZ', given: ['LUIS'] },
      gender: 'male',
    };
    const updated = write('ADT^A31', [{ ...patient, contact: [contact] }]);
    expect(lines(updated, 'PV1')).toEqual(['PV1|1|N']);
    expect(lines(updated, 'NK1')).toEqual(['NK1|1|LOPEZ^LUIS|SPO^^HL70063||||||||||||M']);
    expect(updated.message.get('MSH-9.3')).toBe('ADT_A05');
    expect(found(updated)).toEqual([]);
  });

  test('names a status that event, class and times would be read as another', () => {
    const cancelled = write('ADT^A08', [patient, doctor, clinic, { ...visit, status: 'cancelled' }]);
    expect(found(cancelled)).toEqual(['warning conflict Encounter.status']);
  });

  test('takes the site’s own codes, and says which it could not write', () => {
    const lookup = {
      ...options.lookup,
      code: (place: string) => (place === 'PV1-2' ? { code: 'HOV' } : undefined),
    };
    expect(write('ADT^A04', [patient, visit], { lookup }).message.get('PV1-2')).toBe('HOV');
    const virtual = { ...visit, class: { ...visit.class, code: 'VR' } };
    const unknown = write('ADT^A04', [patient, virtual]);
    expect(unknown.message.get('PV1-2')).toBe('U');
    expect(found(unknown)).toContain('warning unmapped-code Encounter.class');
  });
});

describe('results as ORU', () => {
  test.each([
    [
      { valueQuantity: { value: 80, unit: 'beats/min', system: 'http://unitsofmeasure.org', code: '/min' } },
      'NM',
      '80',
      '/min^beats/min^UCUM',
    ],
    [{ valueQuantity: { value: 5, comparator: '<', unit: 'mg' } }, 'SN', '<^5', 'mg'],
    [
      { valueCodeableConcept: { coding: [{ system: 'http://snomed.info/sct', code: '1', display: 'x' }] } },
      'CWE',
      '1^x^SCT',
      '',
    ],
    [{ valueString: 'calm' }, 'ST', 'calm', ''],
    [{ valueString: 'calm\nand | dry' }, 'FT', 'calm\\.br\\and \\F\\ dry', ''],
    [{ valueRange: { low: { value: 1, unit: 'mg' }, high: { value: 2, unit: 'mg' } } }, 'SN', '^1^-^2', 'mg'],
    [{ valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }, 'SN', '^1^:^128', ''],
    [{ valueDateTime: '2026-01-31' }, 'DT', '20260131', ''],
    [{ valueDateTime: '2026-01-31T18:00:00Z' }, 'TS', '20260131120000', ''],
    [{ valueTime: '10:11:12' }, 'TM', '101112', ''],
    [{ valuePeriod: { start: '2026-01-01', end: '2026-01-02' } }, 'DR', '20260101^20260102', ''],
    [{ valueInteger: 7 }, 'NM', '7', ''],
    [{ valueBoolean: true }, 'CWE', 'Y^Yes^HL70136', ''],
  ])('%j is OBX-2 %s', (value, type, content, units) => {
    const written = write('ORU^R01', [patient, observation(value)]);
    const [, , two, three, , five, six = ''] = (lines(written, 'OBX')[0] ?? '').split('|');
    expect([two, three, five, six]).toEqual([type, '8867-4^Heart rate^LN', content, units]);
    expect(found(written).filter((each) => !each.startsWith('information'))).toEqual([]);
  });

  test('stand under the OBR of their report, with order, specimen and conclusion', () => {
    const report = {
      resourceType: 'DiagnosticReport',
      status: 'final',
      identifier: [{ value: 'F1' }],
      basedOn: [{ reference: 'ServiceRequest/s' }],
      code: { text: 'Heart' },
      subject: { reference: 'Patient/p' },
      effectiveDateTime: '2026-01-31T17:00:00Z',
      result: [{ reference: 'Observation/o' }],
      specimen: [{ reference: 'Specimen/b' }],
      conclusion: 'Well',
    };
    const written = write('ORU^R01', [
      patient,
      doctor,
      report,
      observation({
        id: 'o',
        valueQuantity: { value: 80 },
        referenceRange: [{ low: { value: 60 }, high: { value: 100 } }],
        note: [{ text: 'at rest' }],
      }),
      observation({ id: 'alone', valueString: 'calm' }),
      {
        resourceType: 'ServiceRequest',
        id: 's',
        status: 'active',
        intent: 'order',
        identifier: [{ value: 'P1' }],
        requester: { reference: 'Practitioner/d' },
      },
      {
        resourceType: 'Specimen',
        id: 'b',
        identifier: [{ value: 'S1' }],
        type: { text: 'blood' },
        collection: { collectedDateTime: '2026-01-31T16:00:00Z' },
      },
    ]);
    expect(lines(written).slice(2)).toEqual([
      'ORC|RE|P1|F1',
      'OBR|1|P1|F1|^Heart|||20260131110000|||||||||017511^TOBIAS^JON^^^DR^^^EPIC^^^^PROVID|||||||||F',
      'NTE|1||Well',
      'OBX|1|NM|8867-4^Heart rate^LN||80||60-100||||F|||20260131110000',
      'NTE|1||at rest',
      'SPM|1|^S1||^blood|||||||||||||20260131100000',
      'OBR|2|||8867-4^Heart rate^LN|||20260131110000||||||||||||||||||F',
      'OBX|1|ST|8867-4^Heart rate^LN||calm||||||F|||20260131110000',
    ]);
    expect(found(written)).toEqual(['information changed DiagnosticReport.conclusion']);
  });

  test('a blood pressure has a row for each part, a panel one for each member', () => {
    const part = (text: string, value: number): object => ({ code: { text }, valueQuantity: { value } });
    const pressure = write('ORU^R01', [
      patient,
      observation({ component: [part('sys', 120), part('dia', 80)] }),
    ]);
    expect(pressure.message.getAll('OBX[*]-3')).toEqual(['^sys', '^dia']);
    expect(pressure.message.getAll('OBX[*]-4')).toEqual(['1', '1']);
    expect(pressure.message.get('OBR-4.1')).toBe('8867-4');
    const panel = write('ORU^R01', [
      patient,
      observation({ id: 'x', hasMember: [{ reference: 'Observation/m' }], code: { text: 'Panel' } }),
      observation({ id: 'm', valueInteger: 1 }),
    ]);
    expect(panel.message.getAll('OBR[*]-4')).toEqual(['^Panel']);
    expect(panel.message.getAll('OBX[*]-5')).toEqual(['1']);
  });
});

describe('a DocumentReference as MDM', () => {
  test('stands in TXA and a line of text in each OBX', () => {
    const written = write('MDM^T02', [patient, doctor, note]);
    expect(lines(written).slice(3)).toEqual([
      'PV1|1|N',
      'TXA|1|11488-4|TX|||20260131110000|||017511^TOBIAS^JON^^^DR^^^EPIC^^^^PROVID|||DOC1^^1.7^ISO|||||AU||AV',
      'OBX|1|TX|11488-4^Consult note^LN||Heart \\T\\ lungs clear.||||||F',
      'OBX|2|TX|11488-4^Consult note^LN||See again \\S\\ in May.||||||F',
    ]);
    expect(found(written)).toEqual([]);
  });

  test('carries a file as base64, an address as a pointer, and says when there is nothing', () => {
    const attached = (attachment: object): FhirWriting =>
      write('MDM^T02', [patient, doctor, { ...note, content: [{ attachment }] }]);
    const pdf = attached({ contentType: 'application/pdf', data: 'JVBERi0=' });
    expect(pdf.message.raw('OBX-5')).toBe('^AP^PDF^Base64^JVBERi0=');
    const far = attached({ contentType: 'application/pdf', url: 'https://care.example.org/n?a=1&b=2' });
    expect(far.message.raw('OBX-5')).toBe('https://care.example.org/n?a=1\\T\\b=2^^AP^PDF');
    expect(found(attached({ contentType: 'text/plain' }))).toContain(
      'error missing DocumentReference.content',
    );
  });
});
