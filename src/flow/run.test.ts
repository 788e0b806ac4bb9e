import { describe, expect, test } from 'vitest';
import { type Command, type Flow, next, prepare, type Step, trace } from './index.ts';
import { admission, contextOf } from './stories.fixture.ts';

const booked = contextOf('fhir', {
  resourceType: 'Appointment',
  id: 'ap1',
  status: 'booked',
  start: '2026-03-01T09:30:00-06:00',
  participant: [
    { actor: { reference: 'Practitioner/dr1' }, status: 'accepted' },
    { actor: { reference: 'Patient/abc', type: 'Patient' }, status: 'accepted' },
  ],
});

const flowOf = (
  steps: readonly Step[],
  trigger: Flow['trigger'] = { kind: 'event', resource: 'Appointment', changes: ['created'] },
): Flow => ({
  name: 'appointment-sync',
  about: '',
  sites: 'all',
  order: 'patient',
  trigger,
  steps,
  giveUpAfter: 1_000,
});

const steps: readonly Step[] = [
  { kind: 'filter', id: 'booked', that: { path: 'event.status', equals: 'booked' } },
  {
    kind: 'find',
    id: 'patient',
    connection: 'epic',
    do: 'patient.find',
    args: { id: { from: 'event.participant[actor.type=Patient].actor.reference', transform: 'id' } },
  },
  {
    kind: 'map',
    id: 'body',
    fields: { 'patient.family': 'patient.name.family', start: 'event.start' },
  },
  { kind: 'create', id: 'contact', connection: 'crm', do: 'contact.create', args: { body: 'body' } },
  { kind: 'send', id: 'notify', connection: 'care-app', do: 'send', args: { contact: 'contact.id' } },
];
const sync = prepare(flowOf(steps));
const lopez = {
  resourceType: 'Patient',
  id: 'abc',
  birthDate: '1987-09-12',
  gender: 'female',
  name: [{ family: 'Lopez' }],
};

const kindOf = (command: Command): string =>
  'step' in command ? `${command.kind} ${command.step}` : command.kind;

describe('a delivery on its way through a flow', () => {
  test('asks for one thing after another, and never again for what is remembered', () => {
    const remembered = new Map<string, unknown>();
    const first = next(sync, booked, remembered);
    expect(first).toEqual({
      kind: 'call',
      step: 'patient',
      connection: 'epic',
      do: 'patient.find',
      args: { id: 'abc' },
      effect: false,
    });
    remembered.set('patient', { matches: [lopez] });
    const second = next(sync, booked, remembered);
    expect(second).toMatchObject({
      kind: 'call',
      step: 'contact',
      effect: true,
      args: { body: { patient: { family: 'Lopez' }, start: '2026-03-01T09:30:00-06:00' } },
    });
    // The engine stops here and starts again: what was done is remembered, so the create is not asked for twice.
    const afterCrash = new Map([...remembered, ['contact', { id: 'c9' }]]);
    expect(next(sync, booked, afterCrash)).toMatchObject({
      kind: 'call',
      step: 'notify',
      args: { contact: 'c9' },
    });
    afterCrash.set('notify', null);
    expect(next(sync, booked, afterCrash)).toEqual({ kind: 'end', state: 'delivered' });
  });

  test('is pure: the same question has the same answer, and leaves event and memory as they were', () => {
    const remembered = new Map<string, unknown>([['patient', { matches: [lopez] }]]);
    const before = JSON.stringify([booked.event, [...remembered]]);
    expect(next(sync, booked, remembered)).toEqual(next(sync, booked, remembered));
    expect(JSON.stringify([booked.event, [...remembered]])).toBe(before);
  });

  test('ends as filtered, at the step that says so', () => {
    const cancelled = contextOf('fhir', { resourceType: 'Appointment', status: 'cancelled' });
    expect(next(sync, cancelled, new Map())).toEqual({ kind: 'end', state: 'filtered', step: 'booked' });
  });

  test('skips a step whose condition is not met: its value is null, nothing is called', () => {
    const withWhen = prepare(
      flowOf([
        {
          kind: 'find',
          id: 'slot',
          connection: 'epic',
          do: 'slot.find',
          args: {},
          when: { path: 'event.slot', exists: true },
        },
        {
          kind: 'send',
          id: 'notify',
          connection: 'app',
          do: 'send',
          args: { slot: { from: 'slot.id', default: 'none' } },
        },
      ]),
    );
    expect(next(withWhen, booked, new Map())).toMatchObject({ step: 'notify', args: { slot: 'none' } });
  });

  test('fails as content that is refused when a required field is missing, naming field and source but no value', () => {
    const needs = prepare(
      flowOf([
        { kind: 'map', id: 'body', fields: { 'to.phone': { from: 'event.comment', required: true } } },
      ]),
    );
    const command = next(needs, booked, new Map());
    expect(command).toMatchObject({
      kind: 'fail',
      step: 'body',
      failure: {
        kind: 'validation',
        code: 'FIELD_MISSING',
        at: { flow: 'appointment-sync', step: 'body', path: 'to.phone' },
      },
    });
  });
});

describe('a find', () => {
  const answered = (answer: unknown, more: Partial<Step & { kind: 'find' }> = {}): Command => {
    const [, find, ...rest] = steps;
    const prepared = prepare(flowOf([{ ...(find as Step & { kind: 'find' }), ...more }, ...rest]));
    return next(prepared, booked, new Map([['patient', answer]]));
  };

  test('of one goes on', () => {
    expect(kindOf(answered({ matches: [lopez] }))).toBe('call contact');
  });

  test('of none is null when it is optional, and a failure that no retry helps otherwise', () => {
    expect(kindOf(answered({ matches: [] }, { optional: true }))).toBe('call contact');
    expect(answered({ matches: [] })).toMatchObject({
      kind: 'fail',
      failure: { code: 'NOTHING_FOUND', kind: 'validation', retry: { again: false } },
      askAgain: ['patient'],
    });
  });

  test('of several patients is held for a person, never picked', () => {
    expect(answered({ matches: [lopez, { ...lopez, id: 'abd' }] })).toMatchObject({
      kind: 'hold',
      reason: 'ambiguous patient',
      step: 'patient',
      failure: { code: 'SEVERAL_FOUND', at: { flow: 'appointment-sync', step: 'patient' } },
      askAgain: ['patient'],
    });
    // Also when the capability is not named after patients.
    expect(answered({ matches: [lopez, lopez] }, { do: 'person.find' })).toMatchObject({ kind: 'hold' });
  });

  test('of several of another kind is a conflict', () => {
    const two = { matches: [{ resourceType: 'Encounter' }, { resourceType: 'Encounter' }] };
    expect(answered(two, { do: 'encounter.find' })).toMatchObject({
      kind: 'fail',
      failure: { kind: 'conflict', retry: { again: false } },
    });
  });

  test('of somebody with another birth date or sex is held: the wrong patient is the worst failure', () => {
    const context = contextOf('hl7', admission);
    const admitted = (match: object): Command =>
      next(
        prepare(
          flowOf(
            [
              {
                kind: 'find',
                id: 'patient',
                connection: 'epic',
                do: 'patient.find',
                args: { mrn: 'hl7:PID-3[5=MR].1' },
                verify: { birthDate: 'event.patient.birthDate', gender: 'event.patient.gender' },
              },
              { kind: 'send', id: 'notify', connection: 'app', do: 'send', args: {} },
            ],
            { kind: 'hl7', type: 'ADT^A01' },
          ),
        ),
        context,
        new Map([['patient', { matches: [match] }]]),
      );
    expect(kindOf(admitted(lopez))).toBe('call notify');
    for (const other of [
      { ...lopez, birthDate: '1988-09-12' },
      { ...lopez, gender: 'male' },
      { id: 'abc', gender: 'female' },
    ]) {
      const command = admitted(other);
      expect(command).toMatchObject({
        kind: 'hold',
        reason: 'ambiguous patient',
        failure: { code: 'MATCH_DIFFERS' },
      });
      // Names of fields only: the failure is kept and counted where patient data must not be.
      expect(JSON.stringify(command)).not.toMatch(/1987|1988/);
    }
  });

  test('answered in another shape is our own mistake', () => {
    expect(answered([lopez])).toMatchObject({
      kind: 'fail',
      failure: { kind: 'defect', code: 'FIND_ANSWER' },
    });
  });
});

describe('code', () => {
  const doubled = prepare(
    flowOf([
      {
        kind: 'code',
        id: 'sum',
        reads: { status: 'event.status', who: 'event.participant[*]' },
        run: (input) => {
          for (const who of input.who as { status: string }[]) who.status = 'changed';
          return { status: String(input.status).length };
        },
      },
      { kind: 'send', id: 'notify', connection: 'app', do: 'send', args: { n: 'sum.status' } },
    ]),
  );

  test('gets what it declares, as copies, and is not run again once remembered', () => {
    const command = next(doubled, booked, new Map()) as Command & { kind: 'code' };
    expect(Object.keys(command.input)).toEqual(['status', 'who']);
    command.run(command.input);
    expect(booked.event.participant).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }]);
    expect(next(doubled, booked, new Map([['sum', { status: 6 }]]))).toMatchObject({
      step: 'notify',
      args: { n: 6 },
    });
  });
});

describe('values', () => {
  test('that look like expressions come out byte for byte', () => {
    const hostile = [
      '{{ 7*7 }}',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a text that looks like one
      '${7*7}',
      '#{7*7}',
      '<%= 7 %>',
      '$(id)',
      '`id`',
      'event.status',
      'hl7:PID-5.1',
      '[0]',
      '{"value":1}',
      '__proto__',
      'constructor.constructor("return 1")()',
      '=1+1',
      '%7B%7B',
      '\u202e\u0000',
    ];
    for (const text of hostile) {
      const context = contextOf('json', { text });
      const prepared = prepare(
        flowOf(
          [
            { kind: 'map', id: 'one', fields: { text: 'event.text', literal: { value: text } } },
            { kind: 'map', id: 'two', fields: { 'again.text': 'one.text', literal: 'one.literal' } },
            { kind: 'send', id: 'notify', connection: 'app', do: 'send', args: { body: 'two' } },
          ],
          { kind: 'webhook', connection: 'intake' },
        ),
      );
      expect(next(prepared, context, new Map())).toMatchObject({
        args: { body: { again: { text }, literal: text } },
      });
    }
  });
});

describe('the timeline', () => {
  test('shows what went in and out of each step, where it stands, and what was not reached', () => {
    const entries = trace(
      sync,
      booked,
      new Map<string, unknown>([
        ['patient', { matches: [lopez] }],
        ['contact', { id: 'c9' }],
      ]),
    );
    expect(entries.map(({ step, state }) => `${step} ${state}`)).toEqual([
      'booked done',
      'patient done',
      'body done',
      'contact done',
      'notify next',
    ]);
    expect(entries[3]).toMatchObject({
      input: { body: { patient: { family: 'Lopez' } } },
      output: { id: 'c9' },
      do: 'contact.create',
    });
    const held = trace(sync, booked, new Map([['patient', { matches: [lopez, lopez] }]]));
    expect(held.map(({ state }) => state)).toEqual([
      'done',
      'held',
      'not reached',
      'not reached',
      'not reached',
    ]);
    // The candidates are there to be compared.
    expect(held[1]).toMatchObject({
      output: { matches: [lopez, lopez] },
      failure: { code: 'SEVERAL_FOUND' },
    });
  });
});
