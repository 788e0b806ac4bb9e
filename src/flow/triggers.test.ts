import { describe, expect, test } from 'vitest';
import { laneNames, matches, matchesPattern, runsAt, type Trigger } from './index.ts';

const message = (format: 'hl7' | 'fhir' | 'json', type: string, connection = 'in') => ({
  format,
  type,
  connection,
});

describe('a trigger', () => {
  test('of HL7 goes by type and event, with * for the rest', () => {
    const a0: Trigger = { kind: 'hl7', type: 'ADT^A0*' };
    expect(matches(a0, message('hl7', 'ADT^A08'))).toBe(true);
    expect(matches(a0, message('hl7', 'ADT^A31'))).toBe(false);
    expect(matches(a0, message('json', 'ADT^A08'))).toBe(false);
    expect(matches({ kind: 'hl7', type: 'SIU^*' }, message('hl7', 'SIU^S12'))).toBe(true);
    expect(matches({ kind: 'hl7', type: 'ADT^A01' }, message('hl7', 'ADT^A011'))).toBe(false);
    const here = { kind: 'hl7', type: 'ADT^*', connection: 'adt-in' } as const;
    const from = (connection: string) => ({ ...message('hl7', 'ADT^A08'), connection });
    expect([matches(here, from('adt-in')), matches(here, from('lab-in'))]).toEqual([true, false]);
  });

  test('of a resource goes by what was learnt of it', () => {
    const created: Trigger = { kind: 'event', resource: 'Appointment', changes: ['created'] };
    expect(matches(created, message('fhir', 'Appointment.created'))).toBe(true);
    expect(matches(created, message('fhir', 'Appointment.updated'))).toBe(false);
    expect(matches(created, message('fhir', 'AppointmentResponse.created'))).toBe(false);
    expect(
      matches({ ...created, changes: ['created', 'updated'] }, message('fhir', 'Appointment.updated')),
    ).toBe(true);
  });

  test('of a hook goes by its connection', () => {
    const hook: Trigger = { kind: 'webhook', connection: 'intake' };
    expect(matches(hook, message('json', 'order', 'intake'))).toBe(true);
    expect(matches(hook, message('json', 'order', 'other'))).toBe(false);
  });

  test('pattern stays linear on hostile ones', () => {
    expect(matchesPattern('*a'.repeat(2_000), 'a'.repeat(4_000))).toBe(true);
    expect(matchesPattern(`${'*a'.repeat(2_000)}b`, 'a'.repeat(4_000))).toBe(false);
    expect(matchesPattern('A*A', 'A')).toBe(false);
    expect(matchesPattern('*', '')).toBe(true);
  });
});

describe('lanes', () => {
  const facts = {
    flow: 'crm',
    order: 'patient',
    site: 'mercy',
    connection: 'adt-in',
    patients: ['k1'],
  } as const;

  test('keep a patient’s deliveries in order, over all connections of a site', () => {
    expect(laneNames(facts)).toEqual(['crm/mercy/patient/k1']);
    expect(laneNames({ ...facts, connection: 'siu-in' })).toEqual(laneNames(facts));
  });

  test('are two for a merge, always in the same order', () => {
    const both = ['crm/mercy/patient/k1', 'crm/mercy/patient/k2'];
    expect(laneNames({ ...facts, patients: ['k2', 'k1', 'k2'] })).toEqual(both);
  });

  test('are the connection’s when no patient is known: never none', () => {
    expect(laneNames({ ...facts, patients: [] })).toEqual(['crm/mercy/connection/adt-in']);
    expect(laneNames({ ...facts, order: 'connection' })).toEqual(['crm/mercy/connection/adt-in']);
    expect(laneNames({ ...facts, order: 'flow' })).toEqual(['crm/mercy/flow']);
  });

  test('are each flow’s own: a stuck head does not stop another flow', () => {
    expect(laneNames({ ...facts, flow: 'other' })).not.toEqual(laneNames(facts));
  });

  test('cannot be made to look like each other by names', () => {
    const tricky = laneNames({ ...facts, site: 'mercy/patient', patients: ['k1'] });
    expect(tricky).not.toEqual(laneNames({ ...facts, patients: ['patient/k1'] }));
  });
});

test('files, bulk exports, schedules and people start their flows, and no others', () => {
  const csv = { format: 'json', type: 'row', connection: 'extracts', door: 'file' } as const;
  expect(matches({ kind: 'file', connection: 'extracts' }, csv)).toBe(true);
  expect(matches({ kind: 'file', connection: 'other' }, csv)).toBe(false);
  const bulk = { format: 'fhir', type: 'Patient.created', connection: 'epic', door: 'bulk' } as const;
  expect(matches({ kind: 'bulk', resource: 'Patient' }, bulk)).toBe(true);
  expect(matches({ kind: 'bulk', resource: 'Patient' }, { ...bulk, door: 'poll' })).toBe(false);
  expect(matches({ kind: 'bulk', resource: 'Pat' }, bulk)).toBe(false);
  // What a bulk export brings is an event, too.
  expect(matches({ kind: 'event', resource: 'Patient', changes: ['created'] }, bulk)).toBe(true);
  const started = { format: 'json', type: 'manual.list', connection: 'x', door: 'manual' } as const;
  expect(matches({ kind: 'manual' }, started, 'list')).toBe(true);
  expect(matches({ kind: 'manual' }, started, 'other')).toBe(false);
  expect(matches({ kind: 'schedule', cron: '* * * * *', missed: 'skip' }, started, 'list')).toBe(false);
});

test('a flow runs at sites by name or by tag', () => {
  const mercy = { site: 'mercy', tags: ['cardiology'] };
  expect(runsAt({ sites: 'all' }, mercy)).toBe(true);
  expect(runsAt({ sites: ['mercy'] }, { site: 'mercy' })).toBe(true);
  expect(runsAt({ sites: ['north', 'tag:cardiology'] }, mercy)).toBe(true);
  expect(runsAt({ sites: ['tag:cardio', 'cardiology'] }, mercy)).toBe(false);
});
