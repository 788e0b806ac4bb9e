import { describe, expect, test } from 'vitest';
import { appointment, flow, hl7, lateness, lint, manual } from './index.ts';
import { admission, contextOf } from './stories.fixture.ts';

const HOUR = 3_600_000;
const send = { connection: 'app', do: 'send', args: {} } as const;
const context = contextOf('hl7', admission);
/** 12:00 in Chicago, as MSH-7 says. */
const SENT = Date.UTC(2026, 0, 31, 18);

describe('a late event', () => {
  const of = (since?: string) =>
    flow('f', { late: { after: '2h', do: 'filter', ...(since === undefined ? {} : { since }) } })
      .on(hl7.message('ADT^A01'))
      .send('s', send);
  const judged = (since: string | undefined, now: number, begun = false) =>
    lateness(of(since), context, { receivedAt: SENT + HOUR, now, begun })?.failure.message;

  test('is measured from its receipt, or from a time that it names, where the site is', () => {
    expect(judged(undefined, SENT + 3 * HOUR)).toBeUndefined();
    expect(judged(undefined, SENT + 3 * HOUR + 1)).toBe(
      'The event is 2 h old; the flow acts on nothing older than 2 h.',
    );
    expect(judged('hl7:MSH-7', SENT + 2 * HOUR)).toBeUndefined();
    expect(judged('hl7:MSH-7', SENT + 26 * HOUR)).toBe(
      'The event is 1 d old; the flow acts on nothing older than 2 h.',
    );
  });

  test('without that time is in time: nobody can say that it is late', () => {
    expect(judged('hl7:MSH-8', SENT + 100 * HOUR)).toBeUndefined();
  });

  test('is finished when it has begun, or when a person let it go on', () => {
    expect(judged(undefined, SENT + 100 * HOUR, true)).toBeUndefined();
  });

  test('on a day is late behind that day', () => {
    const day = flow('d', { late: { after: '1h', do: 'hold', since: 'event.start' } })
      .on(appointment.created())
      .send('s', send);
    const booked = contextOf('fhir', { resourceType: 'Appointment', start: '2026-01-31' });
    const at = (now: number) => lateness(day, booked, { receivedAt: 0, now, begun: false })?.do;
    // Six hours behind Greenwich: the day ends at 06:00 there.
    expect(at(Date.UTC(2026, 1, 1, 6, 59))).toBeUndefined();
    expect(at(Date.UTC(2026, 1, 1, 7, 1))).toBe('hold');
  });

  test('is looked at by check', () => {
    const start = { after: 1, do: 'filter' } as const;
    const reasons = (late: object, trigger = manual()) =>
      lint(
        flow('f', { late: { ...start, ...late } as never })
          .on(trigger)
          .send('s', send),
      ).map(({ place, reason }) => `${place}: ${reason}`);
    expect(reasons({})).toEqual([]);
    expect(reasons({ after: 0 })).toEqual(['late.after: it is no length of time']);
    expect(reasons({ do: 'drop' })).toEqual(['late.do: there is no "drop"']);
    expect(reasons({ since: 'step.at' })).toEqual(['late.since: "step.at" does not read the event']);
    expect(reasons({ since: 'a..b' })[0]).toContain('late.since: "a..b"');
  });
});

test('how long a flow keeps its messages is looked at, too', () => {
  const reasons = (retention: object) =>
    lint(
      flow('f', { retention: retention as never })
        .on(hl7.message('ADT^A01'))
        .send('s', send),
    ).map(({ place, reason }) => `${place}: ${reason}`);
  expect(reasons({ days: 365, dead: 400 })).toEqual([]);
  expect(reasons({ days: 0.5 })).toEqual(['retention.days: it is no number of days']);
  expect(reasons({ rejected: 5 })).toEqual(['retention: it has no "rejected"']);
  expect(reasons({ days: 30, dead: 7 })).toEqual([
    'retention.dead: dead letters would leave before what was delivered',
  ]);
});
