import { describe, expect, test } from 'vitest';
import {
  appointment,
  changes,
  exhaustedOf,
  flow,
  flowVersion,
  hl7,
  next,
  patient,
  prepare,
  webhook,
} from './index.ts';
import { admission, contextOf, site } from './stories.fixture.ts';

/** Every `@ts-expect-error` here is a test of `npm run types`: it fails when the line below it stops being an error. */
describe('a flow written with the builder', () => {
  const sync = flow('appointment-sync', { about: 'Keeps the calendar in step.', sites: ['riverside'] })
    .on(appointment.changed())
    .filter('booked', { path: 'event.status', in: ['booked', 'arrived'] })
    .find('patient', {
      connection: 'epic',
      do: 'patient.find',
      args: { id: { from: 'event.participant[actor.type=Patient].actor.reference', transform: 'id' } },
      verify: { birthDate: 'site.id' },
    })
    .map('body', {
      'who.family': 'patient.name[use=official].family',
      'who.given': { from: ['patient.name[0].given[*]'], transform: 'join' },
      start: { from: 'event.start', transform: 'date', required: true },
      source: { value: 'epic' },
    })
    .send('notify', { connection: 'care-app', do: 'send', args: { body: 'body' } });

  test('is the flow itself: the same data a file of YAML will give', () => {
    expect(sync).toMatchObject({ name: 'appointment-sync', order: 'patient', giveUpAfter: 259_200_000 });
    expect(sync.trigger).toEqual({ kind: 'event', resource: 'Appointment', changes: ['created', 'updated'] });
    expect(sync.steps.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
      'filter booked',
      'find patient',
      'map body',
      'send notify',
    ]);
    expect(JSON.parse(JSON.stringify(sync))).toEqual({ ...sync });
  });

  test('gives a new value at each step, so that two flows may share a beginning', () => {
    const start = flow('shared').on(appointment.created()).map('a', { x: 'event.id' });
    const one = start.send('one', { connection: 'a', do: 'send', args: {} });
    const two = start.send('two', { connection: 'b', do: 'send', args: {} });
    expect(one.steps.map(({ id }) => id)).toEqual(['a', 'one']);
    expect(two.steps.map(({ id }) => id)).toEqual(['a', 'two']);
    expect(start.steps).toHaveLength(1);
  });

  test('knows the types of its events and steps', () => {
    const start = flow('typed').on(appointment.created());
    // @ts-expect-error an Appointment has no field "stat"
    start.map('body', { a: 'event.stat' });
    // @ts-expect-error status is a text and has no fields
    start.map('body', { a: 'event.status.code' });
    // @ts-expect-error nothing named "patient" comes before
    start.map('body', { a: 'patient.birthDate' });
    start.map('body', { a: 'event.identifier[system=%site.mrnSystem].value' });
    // @ts-expect-error a site has no "mrnSytem"
    start.map('body', { a: 'event.identifier[system=%site.mrnSytem].value' });
    // @ts-expect-error a source deep in the path is checked, too
    start.map('body', { a: { from: ['event.start', 'event.participant[0].actor.ref'] } });
    // @ts-expect-error this flow does not start with an HL7 message
    start.map('body', { a: 'hl7:PID-5.1' });
    const there = { path: 'event.status', exists: true } as const;
    // @ts-expect-error conditions are checked
    start.filter('booked', { all: [there, { path: 'event.end.x', exists: true }] });
    const post = { connection: 'x', do: 'send', args: {} } as const;
    // @ts-expect-error so is when
    start.send('a', { ...post, when: { path: 'event.nothing', exists: true } });
    const find = { connection: 'x', do: 'patient.find', args: {} } as const;
    // @ts-expect-error and verify
    start.find('p', { ...find, verify: { birthDate: 'event.birthDate' } });
    // @ts-expect-error the id is taken
    start.map('event', {});
    // @ts-expect-error so is one of an earlier step
    start.map('body', {}).map('body', {});
    // @ts-expect-error the map made no field "phone"
    start.map('body', { 'contact.mail': 'event.id' }).map('next', { a: 'body.phone' });
    // @ts-expect-error a find of patients gives a Patient
    start.find('p', patient.find({ connection: 'epic', args: {} })).map('body', { a: 'p.participant' });
    start
      .find('p', patient.find({ connection: 'epic', args: { id: 'event.id' }, optional: true }))
      .map('body', {
        a: 'p.birthDate',
        b: 'event.identifier[system=urn:oid:1.2.3].value',
        c: 'site.timeZone',
      })
      .map('next', { a: 'body.a', b: 'event.participant[*].actor.reference' });
    expect(start.steps).toEqual([]);
  });

  test('types what code reads, and what it gives', () => {
    const counted = flow('counted')
      .on(appointment.created())
      .code('minutes', {
        reads: { start: 'event.start', slots: 'event.slot[*].reference', length: 'event.minutesDuration' },
        run: ({ start, slots, length }) => {
          const text: string | null = start;
          const list: readonly unknown[] | null = slots;
          const number: number | null = length;
          return { total: (number ?? 30) + (list?.length ?? 0), day: text?.slice(0, 10) ?? '' };
        },
      })
      .map('body', { total: 'minutes.total' });
    // @ts-expect-error the code gives no "sum"
    counted.map('more', { sum: 'minutes.sum' });
    expect(counted.steps).toHaveLength(2);
  });

  test('lets HL7 flows read the message and its FHIR reading', () => {
    const admitted = flow('admitted').on(hl7.message('ADT^A01')).map('body', {
      mrn: 'hl7:PID-3[5=MR].1',
      family: 'event.patient.name[0].family',
      class: 'event.encounter.class.code',
    });
    // @ts-expect-error an HL7 event has patient and encounter, no "subject"
    admitted.map('more', { a: 'event.subject' });
    expect(admitted.trigger).toEqual({ kind: 'hl7', type: 'ADT^A01' });
  });

  test('leaves open what nobody knows: bodies of hooks, other resources', () => {
    const open = flow('hook').on(webhook('intake')).map('body', { a: 'event.anything[0].goes' });
    const other = flow('task').on(changes('Task', 'created')).map('body', { a: 'event.owner.reference' });
    const said = flow('said').on(webhook<{ readonly mrn: string }>('intake'));
    // @ts-expect-error the body was said to be { mrn }
    said.map('body', { a: 'event.name' });
    expect([open.trigger, other.trigger]).toEqual([
      { kind: 'webhook', connection: 'intake' },
      { kind: 'event', resource: 'Task', changes: ['created'] },
    ]);
  });

  test('runs as it stands', () => {
    const context = contextOf('fhir', { resourceType: 'Appointment', status: 'cancelled' });
    expect(site.site).toBe('riverside');
    expect(next(prepare(sync), context, new Map())).toEqual({
      kind: 'end',
      state: 'filtered',
      step: 'booked',
    });
  });

  test('carries limits and the word on lost answers through every step, and all of it is part of the version', () => {
    const begun = flow('limited', { attempts: 5, exhausted: 'dead letter' }).on(hl7.message('ADT^A01'));
    const resent = begun.send('tell', { connection: 'app', do: 'send', args: {}, onUnknown: 'resend' });
    const held = begun.send('tell', { connection: 'app', do: 'send', args: {}, onUnknown: 'hold' });
    expect(held).toMatchObject({ attempts: 5, exhausted: 'dead letter', steps: [{ onUnknown: 'hold' }] });
    const versions = [
      resent,
      held,
      { ...held, attempts: 6 },
      { ...held, exhausted: 'stop lane' as const },
      flow('limited').on(hl7.message('ADT^A01')),
    ].map(flowVersion);
    expect(new Set(versions).size).toBe(5);
    const command = next(prepare(held), contextOf('hl7', admission), new Map());
    expect(command).toMatchObject({ kind: 'call', onUnknown: 'hold', sends: true });
  });

  test('stops the lane of an exhausted ADT delivery and no other, unless it is said', () => {
    const of = (type: string) => flow('f').on(hl7.message(type));
    expect(exhaustedOf(of('ADT^A0*'))).toBe('stop lane');
    expect(exhaustedOf(of('SIU^S12'))).toBe('dead letter');
    expect(exhaustedOf(flow('f').on(webhook('intake')))).toBe('dead letter');
    expect(exhaustedOf({ ...of('ADT^A01'), exhausted: 'dead letter' })).toBe('dead letter');
  });

  test('refuses a length of time that is none', () => {
    expect(() => flow('x', { giveUpAfter: '3 weeks' as '3d' })).toThrow('giveUpAfter is no length of time');
  });
});
