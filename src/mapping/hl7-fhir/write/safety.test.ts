import { describe, expect, test } from 'vitest';
import { type Delimiters, declaredDelimiters } from '../../../hl7/index.ts';
import { validate } from '../../../hl7/validate/index.ts';
import {
  type FhirWriting,
  fromFhir,
  type GivenResources,
  type WritingEvent,
  writingEvents,
} from './index.ts';
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

const found = ({ findings }: FhirWriting): string[] =>
  findings.map(({ severity, code, path }) => `${severity} ${code} ${path}`);

const everyone = [patient, doctor, clinic, visit, appointment];

describe('what is always true', () => {
  const cases: readonly (readonly [WritingEvent, GivenResources])[] = [
    ['SIU^S12', everyone],
    ['ADT^A04', [patient, doctor, clinic, visit]],
    ['ADT^A08', [patient, doctor, clinic, visit]],
    ['ADT^A31', [patient]],
    [
      'ORU^R01',
      [
        patient,
        observation({ valueQuantity: { value: 1 } }),
        observation({ valueDateTime: '2026-01-31T18:00:00Z' }),
      ],
    ],
    ['MDM^T02', [patient, doctor, note]],
  ];

  test.each(['2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1', '2.8'] as const)(
    'the standard has no objection in version %s',
    (version) => {
      for (const [event, resources] of cases) {
        const faults = validate(write(event, resources, { version }).message)
          // Nothing in these resources says what they hold; SCH-6 and SCH-16 have a finding of their own.
          .filter(({ path }) => !/^(SCH-6|SCH-16|OBX.*-4|AI[GLP]-4)$/.test(path));
        expect(faults.map(({ path, text }) => `${event} ${path} ${text}`)).toEqual([]);
      }
    },
  );

  test('a value cannot leave its field, whatever the delimiters', () => {
    const evil = 'A|B^C~D\\E&F\rPID|9\n#';
    for (const encoding of ['^~\\&', '^~\\&#', '*!%$']) {
      const delimiters = declaredDelimiters('|', encoding) as Delimiters;
      const { message } = write('ADT^A31', [{ ...patient, name: [{ family: evil }] }], { delimiters });
      expect(message.get('PID-5.1.1')).toBe(evil);
      expect(message.segments('PID')).toHaveLength(1);
    }
  });

  test('never writes the null that deletes: two quotation marks are nothing', () => {
    const written = write('ADT^A31', [
      { ...patient, name: [{ family: '""', given: [' "" '] }], gender: '""' },
    ]);
    expect(written.message.raw('PID-5')).toBe('');
    expect(found(written)).toEqual(
      expect.arrayContaining([
        'warning unwritable-text Patient.name[0].family',
        'warning unmapped-code Patient.gender',
      ]),
    );
  });

  test('characters that the character set has not are question marks, with a finding', () => {
    const written = write('ADT^A31', [{ ...patient, name: [{ family: 'Łopez', given: ['José'] }] }], {
      charset: '8859/1',
    });
    expect(written.message.get('PID-5')).toBe('?opez^José');
    expect(found(written)).toEqual(['warning unwritable-text Patient.name[0].family']);
  });

  test('an empty or foreign input gives a message and says what is missing', () => {
    for (const event of writingEvents) {
      const empty = write(event, []);
      expect(empty.message.usable).toBe(true);
      expect(empty.findings.some(({ severity }) => severity === 'error')).toBe(true);
    }
    const odd = [
      null,
      7,
      { resourceType: 5 },
      { resourceType: 'Patient', name: 'X', identifier: [null, { value: {} }] },
    ];
    expect(write('ADT^A08', odd as unknown as GivenResources).message.usable).toBe(true);
  });

  test('what a reference means is found by full address, by id, inside the resource, and by what it says itself', () => {
    const author = (
      reference: object,
      more: readonly object[] = [],
      contained: readonly object[] = [],
    ): string | undefined =>
      write('MDM^T02', {
        resourceType: 'Bundle',
        entry: [
          { resource: patient },
          ...more.map((each) => each as { resource: { resourceType: string } }),
          { resource: { ...note, contained, author: [reference] } as { resourceType: string } },
        ],
      }).message.get('TXA-9.2');
    expect(author({ reference: 'urn:uuid:1' }, [{ fullUrl: 'urn:uuid:1', resource: doctor }])).toBe('TOBIAS');
    expect(author({ reference: 'https://fhir.example.org/R4/Practitioner/d' }, [{ resource: doctor }])).toBe(
      'TOBIAS',
    );
    expect(author({ reference: '#c' }, [], [{ ...doctor, id: 'c' }])).toBe('TOBIAS');
    expect(author({ display: 'TOBIAS' })).toBe('TOBIAS');
  });

  test('#id means what the same resource contains', () => {
    const by = (family: string): object => ({
      performer: [{ reference: '#c' }],
      contained: [{ ...doctor, id: 'c', name: [{ family }] }],
      valueInteger: 1,
    });
    const { message } = write('ORU^R01', [patient, observation(by('EAST')), observation(by('WEST'))]);
    expect(message.getAll('OBX[*]-16.2')).toEqual(['EAST', 'WEST']);
  });

  test('a number has no exponent, and a place that has no component left is named', () => {
    const small = write('ORU^R01', [patient, observation({ valueQuantity: { value: 1e-7 } })]);
    expect(small.message.get('OBX-5')).toBe('0.0000001');
    const place = (id: string, partOf?: string): { resourceType: string } =>
      ({
        resourceType: 'Location',
        id,
        name: id,
        ...(partOf === undefined ? {} : { partOf: { reference: `Location/${partOf}` } }),
      }) as { resourceType: string };
    const nested = write('ADT^A04', [
      patient,
      { ...visit, participant: [], location: [{ location: { reference: 'Location/desk' } }] },
      place('desk', 'clinic'),
      place('clinic', 'house'),
      place('house'),
    ]);
    expect(nested.message.get('PV1-3')).toBe('desk^^^clinic');
    expect(found(nested)).toEqual(['warning not-carried Location(3).name']);
  });

  test('several patients are an error, never a choice in silence', () => {
    const other = { ...patient, id: 'q', name: [{ family: 'OTHER' }] };
    expect(found(write('ADT^A08', [patient, other]))).toContain('error not-carried Patient(2)');
  });

  test('nothing is ever about another patient or visit than PID and PV1 name', () => {
    const other = { reference: 'Patient/q' };
    const cases: readonly (readonly [WritingEvent, string, GivenResources])[] = [
      ['ADT^A08', 'Encounter.subject', [patient, { ...visit, subject: other }]],
      ['ORU^R01', 'Observation.subject', [patient, observation({ subject: other, valueInteger: 1 })]],
      ['MDM^T02', 'DocumentReference.subject', [patient, { ...note, subject: other }]],
      [
        'SIU^S12',
        'Appointment.participant[0].actor',
        [patient, { ...appointment, participant: [{ actor: other, status: 'accepted' }] }],
      ],
      [
        'ORU^R01',
        'Observation.encounter',
        [
          patient,
          visit,
          { ...visit, id: 'f' },
          observation({ encounter: { reference: 'Encounter/f' }, valueInteger: 1 }),
        ],
      ],
    ];
    for (const [event, path, resources] of cases)
      expect(found(write(event, resources)), path).toContain(`error conflict ${path}`);
  });

  test('options that no message can have are the programmer’s error', () => {
    for (const wrong of [
      { time: 'now' },
      { version: '3.0' },
      { charset: 'X' },
      { event: 'ADT^A99' },
      { timeZone: 'Mars/X' },
    ])
      expect(() => write('ADT^A08', [patient], wrong)).toThrow(RangeError);
  });
});
