import { describe, expect, test } from 'vitest';
import type { Capability } from '../connectors/index.ts';
import { type Flow, flow, flowVersion, hl7, lint, needs, prepare, type Step } from './index.ts';

const patientFind: Capability = {
  name: 'patient.find',
  about: 'Finds a patient.',
  resource: 'Patient',
  effect: false,
  scopes: ['system/Patient.rs'],
};
const send: Capability = { name: 'send', about: 'Posts.', effect: true, scopes: [] };
const capabilities = [patientFind, send];

const flowOf = (steps: readonly Step[], more: Partial<Flow> = {}): Flow => ({
  name: 'admission-notice',
  about: '',
  sites: 'all',
  order: 'patient',
  trigger: { kind: 'hl7', type: 'ADT^A01' },
  steps,
  giveUpAfter: 1_000,
  ...more,
});
const map = (id: string, fields: Record<string, string>): Step => ({ kind: 'map', id, fields });
const look: Step = { kind: 'find', id: 'look', connection: 'epic', do: 'patient.find', args: {} };
const effect = (more: object): Step => ({
  kind: 'send',
  id: 'do',
  connection: 'app',
  do: 'send',
  args: {},
  ...more,
});
const reasons = (value: Flow): string[] =>
  lint(value, { capabilities }).map(({ place, reason, fix }) => `${place}: ${reason} (${fix})`);

describe('lint', () => {
  test('finds nothing in a flow that is right', () => {
    expect(
      reasons(
        flowOf([
          map('body', { family: 'hl7:PID-5.1', class: 'event.encounter.class.code', site: 'site.name' }),
          {
            kind: 'find',
            id: 'patient',
            connection: 'epic',
            do: 'patient.find',
            args: { mrn: 'body.family' },
          },
          {
            kind: 'send',
            id: 'notify',
            connection: 'app',
            do: 'send',
            args: { body: 'body', id: 'patient.id' },
          },
        ]),
      ),
    ).toEqual([]);
  });

  test('finds nothing in a find first that its effect heeds', () => {
    const heeds = { when: { path: 'look', exists: false }, onUnknown: { findFirst: 'look' } };
    expect(reasons(flowOf([look, effect(heeds)], { attempts: 3, exhausted: 'stop lane' }))).toEqual([]);
    expect(reasons(flowOf([effect({ onUnknown: 'hold' })]))).toEqual([]);
  });

  const cases: readonly (readonly [string, Flow, RegExp])[] = [
    [
      'an unknown beginning',
      flowOf([map('a', { x: 'evnt.type' })]),
      /step "a", fields\.x: "evnt\.type" begins with "evnt".*Did you mean "event"/,
    ],
    [
      'a step that comes later',
      flowOf([map('a', { x: 'b.y' }), map('b', { y: 'event.type' })]),
      /reads the step "b", which is not done before/,
    ],
    [
      'a step that reads itself',
      flowOf([map('a', { x: 'a.y' })]),
      /reads the step "a", which is not done before/,
    ],
    ['an id used twice', flowOf([map('a', {}), map('a', {})]), /an earlier step has the same id/],
    ['a reserved id', flowOf([map('event', {})]), /"event" is taken/],
    ['an id that no source can name', flowOf([map('day before', {})]), /the id is no name/],
    [
      'a wrong path, at its character',
      flowOf([map('a', { x: 'event.patient.name[.family' })]),
      /at character 20, expected/,
    ],
    ['a wrong HL7 path', flowOf([map('a', { x: 'hl7:PID-0.1' })]), /not an HL7 path/],
    [
      'HL7 in a flow of FHIR events',
      flowOf([map('a', { x: 'hl7:PID-5.1' })], {
        trigger: { kind: 'event', resource: 'Patient', changes: ['created'] },
      }),
      /does not start with an HL7 message/,
    ],
    [
      'a field that HL7 events have not',
      flowOf([map('a', { x: 'event.subject' })]),
      /an HL7 event has no "subject"/,
    ],
    ['a prototype', flowOf([map('a', { x: 'event.patient.__proto__.x' })]), /names an object's prototype/],
    [
      'a prototype as target',
      flowOf([map('a', { 'constructor.prototype.x': 'event.type' })]),
      /names an object's prototype/,
    ],
    [
      'two rules for one field',
      flowOf([map('a', { x: 'event.type', 'x.y': 'event.type' })]),
      /another rule makes the same field/,
    ],
    [
      'an unknown transform',
      flowOf([{ kind: 'map', id: 'a', fields: { x: { from: 'event.type', transform: 'eval' } } }]),
      /there is no transform "eval"/,
    ],
    [
      'a capability that nobody has',
      flowOf([{ kind: 'find', id: 'a', connection: 'e', do: 'patient.fnd', args: {} }]),
      /no connector can do "patient\.fnd".*Did you mean "patient\.find"/,
    ],
    [
      'a find that changes something',
      flowOf([{ kind: 'find', id: 'a', connection: 'e', do: 'send', args: {} }]),
      /"send" changes something/,
    ],
    [
      'a create that only reads',
      flowOf([{ kind: 'create', id: 'a', connection: 'e', do: 'patient.find', args: {} }]),
      /only reads something/,
    ],
    [
      'a trigger without its event',
      flowOf([map('a', {})], { trigger: { kind: 'hl7', type: 'ADT' } }),
      /"ADT" matches no message.*"ADT\^\*"/,
    ],
    [
      'nothing to compare with',
      flowOf([{ kind: 'filter', id: 'a', that: { path: 'event.type', in: [] } }]),
      /empty list/,
    ],
    ['no steps', flowOf([]), /the flow has no steps/],
    ['too many', flowOf(Array.from({ length: 201 }, (_, n) => map(`s${n}`, {}))), /there are 201 steps/],
    [
      'no number of attempts',
      flowOf([map('a', {})], { attempts: 1.5 }),
      /attempts: it is no number of attempts/,
    ],
    [
      'an unknown end',
      flowOf([map('a', {})], { exhausted: 'retry' as 'dead letter' }),
      /exhausted: there is no "retry" \(Write 'stop lane' or 'dead letter'/,
    ],
    [
      'an unknown word on lost answers',
      flowOf([effect({ onUnknown: 'again' as 'hold' })]),
      /onUnknown: it is none of the three/,
    ],
    [
      'a find first that is no find before it',
      flowOf([map('look', {}), effect({ onUnknown: { findFirst: 'look' } })]),
      /onUnknown\.findFirst: "look" is no find step before this one/,
    ],
    [
      'a find first that changes nothing',
      flowOf([look, effect({ onUnknown: { findFirst: 'look' } })]),
      /done whether or not "look" finds it \(Add when: \{ path: 'look', exists: false \}/,
    ],
    ['a name that is none', flowOf([map('a', {})], { name: 'My flow' }), /no name of a flow/],
  ];
  test.each(cases)('finds %s', (_, value, reason) => {
    expect(reasons(value).join('\n')).toMatch(reason);
  });

  test('knows what a condition may ask of the site', () => {
    const number = (field: string): Flow =>
      flowOf([map('body', { mrn: `event.patient.identifier[system=%site.${field}].value` })]);
    expect(reasons(number('mrnSystem'))).toEqual([]);
    expect(reasons(number('mrnSytem'))).toEqual([
      'step "body", fields.mrn: "event.patient.identifier[system=%site.mrnSytem].value": site has no "mrnSytem" (Did you mean "mrnSystem"?)',
    ]);
  });

  test('says all at once, not the first alone', () => {
    expect(reasons(flowOf([map('a', { x: 'evnt.a', y: 'event.[', z: 'hl7:X' })]))).toHaveLength(3);
  });

  test('stands before every run: a flow with a fault is not prepared', () => {
    expect(() => prepare(flowOf([map('a', { x: 'nothing.here' })]))).toThrow(
      /"admission-notice", step "a", fields\.x/,
    );
  });
});

describe('needs', () => {
  test('are computed from the value: scopes, fields, capabilities, connections', () => {
    const value = flow('admission')
      .on(hl7.message('ADT^A01'))
      .filter('inpatient', { path: 'event.encounter.class.code', equals: 'IMP' })
      .find('patient', {
        connection: 'epic',
        do: 'patient.find',
        args: { mrn: 'hl7:PID-3[5=MR].1' },
        verify: { birthDate: 'event.patient.birthDate' },
      })
      .send('notify', {
        connection: 'care-app',
        do: 'send',
        args: { phone: { from: ['patient.telecom[use=mobile].value', 'patient.telecom[0].value'] } },
      });
    expect(needs(value, { capabilities })).toEqual({
      valueSets: [],
      maps: [],
      trigger: { kind: 'hl7', type: 'ADT^A01' },
      scopes: ['system/Patient.rs'],
      fields: {
        Encounter: ['class.code'],
        PID: ['PID-3[5=MR].1'],
        Patient: ['birthDate', 'telecom.value'],
      },
      capabilities: [
        { connection: 'epic', do: 'patient.find' },
        { connection: 'care-app', do: 'send' },
      ],
      connections: ['care-app', 'epic'],
    });
  });

  test('include what learning the event takes', () => {
    const value = flowOf([map('a', { start: 'event.start' })], {
      trigger: { kind: 'event', resource: 'Appointment', changes: ['created'] },
    });
    const resources = [
      {
        resource: 'Appointment',
        identity: 'CSN',
        methods: ['poll'] as const,
        scopes: { learn: ['system/Appointment.rs'] },
        capabilities: [],
      },
    ];
    expect(needs(value, { capabilities, resources })).toMatchObject({
      scopes: ['system/Appointment.rs'],
      fields: { Appointment: ['start'] },
    });
  });
});

describe('the version', () => {
  const code = (run: (input: Readonly<Record<string, unknown>>) => unknown): Flow =>
    flowOf([{ kind: 'code', id: 'a', reads: { x: 'event.type' }, run }]);

  test('changes with what a delivery does, code included, and with nothing else', () => {
    const base = flowOf([map('a', { x: 'event.type', y: 'event.controlId' })]);
    const reordered = flowOf([map('a', { y: 'event.controlId', x: 'event.type' })]);
    expect(flowVersion(base)).toBe(flowVersion(reordered));
    expect(flowVersion(base)).toBe(flowVersion({ ...base, about: 'Said better.', sites: ['riverside'] }));
    expect(flowVersion(base)).not.toBe(flowVersion(flowOf([map('a', { x: 'event.type' })])));
    expect(flowVersion(base)).not.toBe(flowVersion({ ...base, trigger: { kind: 'hl7', type: 'ADT^A02' } }));
    expect(flowVersion(code(() => 1))).not.toBe(flowVersion(code(() => 2)));
    expect(flowVersion(code(() => 1))).toBe(flowVersion(code(() => 1)));
  });
});
