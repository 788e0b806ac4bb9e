import { describe, expect, test } from 'vitest';
import { parse } from '../../hl7/index.ts';
import { bundleOf, type FhirReading, type Lookup, readHl7 } from './index.ts';

const header = (type: string): string => `MSH|^~\\&|EPIC|RIVERSIDE|||20260131120000||${type}|4711|P|2.5.1`;
const systems = new Map([
  ['EPI MR', 'urn:oid:1.2.3'],
  ['EPIC CSN', 'urn:oid:1.2.8'],
  ['EPIC PROVID', 'urn:oid:1.2.9'],
]);
const lookup: Lookup = {
  identifierSystem: (assigner, type) => systems.get(`${assigner} ${type}`),
  code: (place, code) =>
    place === 'PV1-2' && code === 'HOV'
      ? { system: 'urn:site', code: '4', display: 'Hospital visit' }
      : undefined,
};
const read = (type: string, ...segments: readonly string[]): FhirReading =>
  readHl7(parse([header(type), ...segments].join('\r')), {
    site: 'riverside',
    timeZone: 'America/Chicago',
    lookup,
    mrnSystem: 'urn:oid:1.2.3',
  });

const pid =
  'PID|1|203713|203713^^^EPI^MR~  Z6129^^^EPIC^EPIC~77^^^&2.16.840.1.99&ISO^PI||LOPEZ&VON^CAMILA^MARIA^JR^DR^MD^L^^^^^20200101~LOPEZ^MILA^^^^^N|ROSS^ANA|19870912|F|LOPEZ^CAMI|' +
  '|3268 W Main&Main&12^Apt 2^SPRINGFIELD^IL^62701^USA^H^^SANGAMON~PO 1^^SPRINGFIELD^IL^62705^^M||' +
  '(217)555-0199^PRN^PH~^NET^Internet^c@example.org~^PRN^CP^^1^217^5550100^7|^WPN^PH^^^217^5550111|en|M|||123-45-6789|D123^IL||||Y|2||||20260130|Y';
/** A segment with these fields, and nothing in the others. */
function segment(id: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(...Object.keys(fields).map(Number));
  return [id, ...Array.from({ length: last }, (_, index) => fields[index + 1] ?? '')].join('|');
}

const visit = (patientClass: string, admitted = '202601311155', discharged = ''): string =>
  segment('PV1', {
    1: '1',
    2: patientClass,
    3: 'ICU^101^1^RIVERSIDE^^^TOWER^4',
    4: 'E',
    6: 'ED^^^RIVERSIDE',
    7: '017511^TOBIAS^JON^^^DR^MD^^EPIC^^^^PROVID~1234567893^WEST^AMY^^^^^^NPI^^^^NPI',
    8: '22^NORTH',
    9: '23^SOUTH',
    10: 'MED',
    14: '7',
    17: '017511^TOBIAS^JON^^^DR^MD^^EPIC^^^^PROVID',
    19: '99001^^^EPIC^CSN',
    36: '01^Home^L',
    37: 'SNF^20260201',
    44: admitted,
    45: discharged,
  });

describe('PID as a Patient', () => {
  const { patient } = read('ADT^A08', pid);

  test('has its identifiers, with type, assigner and the system that the site names', () => {
    expect(patient?.identifier).toEqual([
      {
        type: {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/v2-0203',
              code: 'MR',
              display: 'Medical record number',
            },
          ],
          text: 'MR',
        },
        system: 'urn:oid:1.2.3',
        value: '203713',
        assigner: { display: 'EPI' },
      },
      // Epic pads this one; a site's own type is not a code of HL7's table.
      { type: { coding: [{ code: 'EPIC' }], text: 'EPIC' }, value: 'Z6129', assigner: { display: 'EPIC' } },
      expect.objectContaining({ system: 'urn:oid:2.16.840.1.99', value: '77' }),
      expect.objectContaining({ system: 'http://hl7.org/fhir/sid/us-ssn', value: '123-45-6789' }),
      expect.objectContaining({ value: 'D123', assigner: { display: 'IL' } }),
    ]);
  });

  test('has names with their uses', () => {
    expect(patient?.name).toEqual([
      {
        use: 'official',
        family: 'LOPEZ',
        given: ['CAMILA', 'MARIA'],
        prefix: ['DR'],
        suffix: ['JR', 'MD'],
        period: { start: '2020-01-01' },
      },
      { use: 'nickname', family: 'LOPEZ', given: ['MILA'] },
      { family: 'LOPEZ', given: ['CAMI'] },
    ]);
    expect(patient?.extension).toContainEqual({
      url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName',
      valueString: 'ANA ROSS',
    });
  });

  test('has telephones, mail and addresses', () => {
    expect(patient?.telecom).toEqual([
      { system: 'phone', value: '(217)555-0199', use: 'home' },
      { system: 'email', value: 'c@example.org' },
      { system: 'phone', value: '+1 217 5550100 X7', use: 'mobile' },
      { system: 'phone', value: '217 5550111', use: 'work' },
    ]);
    expect(patient?.address).toEqual([
      {
        use: 'home',
        line: ['3268 W Main', 'Main', '12', 'Apt 2'],
        city: 'SPRINGFIELD',
        district: 'SANGAMON',
        state: 'IL',
        postalCode: '62701',
        country: 'USA',
      },
      { type: 'postal', line: ['PO 1'], city: 'SPRINGFIELD', state: 'IL', postalCode: '62705' },
    ]);
  });

  test('has sex, birth, death, marriage, language', () => {
    expect(patient).toMatchObject({
      gender: 'female',
      birthDate: '1987-09-12',
      deceasedDateTime: '2026-01-30',
      multipleBirthInteger: 2,
      maritalStatus: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'M', display: 'Married' },
        ],
      },
      communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en' }] } }],
    });
    expect(patient).not.toHaveProperty('deceasedBoolean');
    expect(patient).not.toHaveProperty('multipleBirthBoolean');
  });

  test('keeps the time of birth beside the day, and reads flags where no date is given', () => {
    const flags = { 3: '1^^^EPI^MR', 5: 'A', 7: '198709120830', 8: 'U', 24: 'N', 30: 'N' };
    const other = read('ADT^A08', segment('PID', flags)).patient;
    expect(other).toMatchObject({
      birthDate: '1987-09-12',
      _birthDate: {
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime',
            valueDateTime: '1987-09-12T08:30:00-05:00',
          },
        ],
      },
      gender: 'unknown',
      multipleBirthBoolean: false,
      deceasedBoolean: false,
    });
  });

  test('leaves out what is empty or HL7 null, and says what it could not read without its value', () => {
    const { patient: bare, findings } = read('ADT^A08', 'PID|1||1^^^XX^YY||""^""||SECRET|Q');
    expect(bare).toEqual({
      resourceType: 'Patient',
      id: bare?.id,
      identifier: [
        { type: { coding: [{ code: 'YY' }], text: 'YY' }, value: '1', assigner: { display: 'XX' } },
      ],
    });
    expect(findings.map(({ code, where }) => `${code} ${where}`)).toEqual([
      'unknown-assigner PID-3',
      'unmapped-code PID-8',
      'unreadable-time PID-7',
    ]);
    expect(JSON.stringify(findings)).not.toContain('SECRET');
  });
});

describe('PV1 as an Encounter', () => {
  const reading = read('ADT^A01', pid, visit('I'));
  const { encounter, patient } = reading;

  test('has class, status, period, visit number and its patient', () => {
    expect(encounter).toMatchObject({
      status: 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      identifier: [
        {
          system: 'urn:oid:1.2.8',
          value: '99001',
          type: { text: 'visit number', coding: [{ code: 'VN' }, { code: 'CSN' }] },
        },
      ],
      subject: { reference: `Patient/${patient?.id}` },
      period: { start: '2026-01-31T11:55:00-06:00' },
      type: [
        {
          coding: [
            { system: 'http://terminology.hl7.org/CodeSystem/v2-0007', code: 'E', display: 'Emergency' },
          ],
        },
      ],
      hospitalization: {
        admitSource: { coding: [{ code: '7' }] },
        dischargeDisposition: { coding: [{ code: '01', display: 'Home' }] },
        destination: { display: 'SNF' },
      },
    });
  });

  test('names people by their part, and places from bed to site', () => {
    expect(
      encounter?.participant?.map(
        ({ type, individual }) => `${type?.[0]?.coding?.[0]?.code} ${individual?.display}`,
      ),
    ).toEqual(['ATND DR JON TOBIAS', 'ATND AMY WEST', 'REF NORTH', 'CON SOUTH', 'ADM DR JON TOBIAS']);
    expect(encounter?.participant?.[1]?.individual?.identifier).toMatchObject({
      system: 'http://hl7.org/fhir/sid/us-npi',
      value: '1234567893',
    });
    expect(encounter?.location?.map(({ location, status }) => `${status} ${location.display}`)).toEqual([
      'active 1, 101, ICU, 4, TOWER, RIVERSIDE',
      'completed ED, RIVERSIDE',
    ]);
  });

  test('refers only to what is in the reading', () => {
    const { entry } = bundleOf(reading);
    const there = new Set(entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`));
    expect(there.size).toBe(entry.length);
    const references = [...JSON.stringify(entry).matchAll(/"reference":"([^"]+)"/g)].map(([, to]) => to);
    expect(references.length).toBeGreaterThan(8);
    expect(references.filter((to) => !there.has(to as string))).toEqual([]);
    for (const { resource } of entry) expect(resource.id).toMatch(/^[A-Za-z0-9.-]{1,64}$/);
  });

  test('has the same ids for the same patient and visit in every message, and others at another site', () => {
    const later = read('ADT^A03', pid, visit('I', '202601311155', '202602011000'));
    expect(later.encounter?.id).toBe(encounter?.id);
    expect(later.patient?.id).toBe(patient?.id);
    const elsewhere = readHl7(parse([header('ADT^A01'), pid, visit('I')].join('\r')), {
      site: 'mercy',
      timeZone: 'UTC',
    });
    expect(elsewhere.patient?.id).not.toBe(patient?.id);
  });

  const discharged = '202602011000';
  test.each([
    ['ADT^A01', 'I', '', 'in-progress'],
    ['ADT^A03', 'I', '', 'finished'],
    ['ADT^A04', 'O', '', 'arrived'],
    ['ADT^A04', 'P', '', 'planned'],
    ['ADT^A05', 'P', '', 'planned'],
    ['ADT^A08', 'I', '', 'in-progress'],
    ['ADT^A08', 'P', '', 'planned'],
    ['ADT^A08', 'U', '', 'unknown'],
    ['ADT^A08', 'I', discharged, 'finished'],
    ['ADT^A01', 'I', discharged, 'finished'],
    ['ADT^A11', 'I', '', 'cancelled'],
    ['ADT^A13', 'I', discharged, 'in-progress'],
    ['SIU^S12', 'O', '', 'planned'],
    ['SIU^S15', 'O', '', 'cancelled'],
    ['ORU^R01', 'E', '', 'in-progress'],
  ])('%s of class %s with discharge "%s" is %s', (type, klass, end, status) => {
    expect(read(type, pid, visit(klass, '202601311155', end)).encounter?.status).toBe(status);
  });

  test('takes the site’s own reading of a class, and names a class that nobody knows', () => {
    expect(read('ADT^A08', pid, visit('HOV')).encounter).toMatchObject({
      class: { system: 'urn:site', code: '4' },
      status: 'in-progress',
    });
    const unknown = read('ADT^A08', pid, visit('INPATIENT'));
    expect(unknown.encounter?.class).toEqual({ code: 'INPATIENT' });
    expect(unknown.findings).toContainEqual(
      expect.objectContaining({ code: 'unmapped-code', where: 'PV1-2' }),
    );
  });

  test('is none when PV1 says that there is no visit, and cannot be joined without a number', () => {
    expect(read('ADT^A31', pid, 'PV1|1|N').encounter).toBeNull();
    expect(read('ADT^A31', pid).encounter).toBeNull();
    const { encounter: loose, findings } = read('ADT^A01', pid, 'PV1|1|I');
    expect(loose).not.toHaveProperty('id');
    expect(findings).toContainEqual(expect.objectContaining({ code: 'no-visit-number' }));
  });
});

test('a message without a patient gives none, and says so', () => {
  expect(read('MFN^M02', 'MFI|PRA')).toMatchObject({
    patient: null,
    encounter: null,
    findings: [{ code: 'no-patient' }],
  });
});
