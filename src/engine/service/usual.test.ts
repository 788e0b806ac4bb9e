import { describe, expect, test } from 'vitest';
import { siteSchema } from '../../site/index.ts';
import { seededRandom } from '../../std/index.ts';
import { type Arrivals, HOUR, type Learnt, learn, MISSED, missedSince } from './usual.ts';

const site = (calendar?: object, timeZone = 'America/Chicago') =>
  siteSchema.parse({
    ...{ site: 'mercy', name: 'Mercy', environment: 'production', ehr: { vendor: 'any' } },
    timeZone,
    identifiers: { mrn: { system: 'urn:mrn' } },
    connections: { adt: { connector: 'mllp', listen: { port: 6661 } } },
    ...(calendar === undefined ? {} : { calendar }),
  });
const at = (local: string): number => Date.parse(`${local}:00-06:00`);
const START = Math.floor(at('2026-01-05T00:00') / HOUR);

/** A day of so many: busy by day, thin at night and at weekends. In five minutes; day and quarter of an hour vary. */
function feed(aDay: number, weeks: number, seed: number): Uint16Array {
  const { fraction: random } = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const slots = new Uint16Array(weeks * 7 * 288);
  let day = 1;
  let quarter = 1;
  for (let slot = 0; slot < slots.length; slot++) {
    const weekday = Math.floor(slot / 288) % 7;
    const hour = Math.floor(slot / 12) % 24;
    if (slot % 288 === 0) {
      const holiday = weekday < 5 && random() < 1 / 25;
      day = Math.max(0.3, 1 + 0.1 * normal()) * (holiday ? 0.4 : 1);
    }
    if (slot % 3 === 0) quarter = Math.max(0.2, 1 + 0.22 * normal());
    const shape = (hour >= 7 && hour < 19 ? 1.7 : 0.3) * (weekday < 5 ? 1.15 : 0.6);
    const mean = (aDay / 288) * shape * day * quarter;
    // Poisson, by the product of chances.
    let product = random();
    let count = 0;
    for (const limit = Math.exp(-mean); product > limit; count++) product *= random();
    slots[slot] = count;
  }
  return slots;
}

const hourly = (slots: Uint16Array, hours: number): Arrivals => ({
  from: START,
  counts: Array.from({ length: hours }, (_, hour) =>
    slots.subarray(hour * 12, hour * 12 + 12).reduce((sum, one) => sum + one, 0),
  ),
});

const usualOf = (learnt: Learnt) => {
  if (learnt.state !== 'known') throw new Error(learnt.state);
  return learnt.usual;
};

/** The same clock all year: the feed below keeps it, too. */
const plain = site(undefined, 'America/Regina');

/** Looks each five minutes; `stop`: from this slot on nothing comes. Gives after how many minutes it was told, each time. */
function firings(slots: Uint16Array, from: number, to: number, stop = Number.POSITIVE_INFINITY): number[] {
  const timeOf = (slot: number): number => START * HOUR + slot * 300_000;
  const arrivals = hourly(slots, slots.length / 12);
  const fired: number[] = [];
  let last = from - 1;
  let silent = false;
  let usual: ((hour: number) => number) | undefined;
  for (let slot = from; slot < to; slot++) {
    if (slot < stop && (slots[slot] as number) > 0) {
      last = slot;
      silent = false;
    }
    if (usual === undefined || slot % (7 * 288) === 0) {
      const known = { from: START, counts: arrivals.counts.slice(0, Math.floor(slot / 12)) };
      usual = usualOf(learn(plain, known, ['adt']));
    }
    if (slot - last < 2 || silent) continue;
    const quiet = { since: timeOf(last + 1), now: timeOf(slot + 1), connections: ['adt'] };
    // Of what came, only what was before the quiet is looked at.
    if (missedSince(plain, arrivals, usual, quiet) < MISSED) continue;
    silent = true;
    fired.push((slot - last) * 5);
  }
  return fired;
}

describe('silence by what is usual', () => {
  test.each([
    [400, 0.2],
    [4_000, 0.2],
  ])('a feed of %i a day: false alarms are rare, and an end of it is noticed soon', (aDay, most) => {
    const weeks = 14;
    const slots = feed(aDay, weeks, aDay);
    const judged = (weeks - 8) * 7;
    const fired = firings(slots, 8 * 7 * 288, slots.length);
    expect((fired.length / judged) * 30).toBeLessThanOrEqual(most);
    // One Tuesday nothing more comes: from ten in the morning on, or from three in the night. The median of five such days.
    const foundAfter = (hour: number): number => {
      const found = [8, 9, 10, 11, 12].map((week) => {
        const stop = (week * 7 + 1) * 288 + hour * 12;
        return firings(slots, stop, stop + 288, stop)[0] ?? Number.POSITIVE_INFINITY;
      });
      return found.toSorted((a, b) => a - b)[2] as number;
    };
    expect(foundAfter(10)).toBeLessThanOrEqual(aDay === 400 ? 30 : 15);
    expect(foundAfter(3)).toBeGreaterThan(foundAfter(10));
    expect(foundAfter(3)).toBeLessThanOrEqual(aDay === 400 ? 180 : 30);
  });

  test('nothing is judged before three weeks are known, nor where too few come', () => {
    const arrivals = (hours: number, count: number): Arrivals => ({
      from: START,
      counts: new Array<number>(hours).fill(count),
    });
    expect(learn(site(), arrivals(0, 0), [])).toEqual({ state: 'learning', weeks: 0 });
    expect(learn(site(), arrivals(3 * 168 - 1, 9), [])).toEqual({ state: 'learning', weeks: 2 });
    expect(learn(site(), arrivals(3 * 168, 9), []).state).toBe('known');
    const seldom = arrivals(4 * 168, 0);
    const thin = { ...seldom, counts: seldom.counts.map((_, hour) => (hour % 24 === 9 ? 1 : 0)) };
    expect(learn(site(), thin, [])).toEqual({ state: 'too few', aWeek: 7 });
  });

  test('one strange week is not what is usual, and of nine the newest eight are', () => {
    const counts = Array.from({ length: 9 * 168 }, (_, hour) =>
      hour < 168 ? 900 : hour < 3 * 168 ? 0 : hour < 4 * 168 ? 500 : 20,
    );
    const usual = usualOf(learn(site(), { from: START, counts }, []));
    expect(usual(START + 9 * 168 + 10)).toBe(20);
  });

  test('hours go by the site’s clock through the change to summer time', () => {
    // A message each hour from 9 to 17 there: in UTC another hour from 8 March on.
    const local = (hour: number): number =>
      Number(
        new Date(hour * HOUR).toLocaleString('en-US', {
          timeZone: 'America/Chicago',
          hour: '2-digit',
          hourCycle: 'h23',
        }),
      );
    const counts = Array.from({ length: 8 * 168 }, (_, index) => {
      const hour = local(START + index);
      return hour >= 9 && hour < 17 ? 5 : 0;
    });
    const usual = usualOf(learn(site(), { from: START, counts }, []));
    const july = Math.floor(Date.parse('2026-07-01T09:00:00-05:00') / HOUR);
    expect([july - 1, july, july + 7, july + 8].map(usual)).toEqual([0, 5, 5, 0]);
  });

  test('a slow day is no silence; holidays and maintenance are not missed, nor learnt from', () => {
    const counts = new Array<number>(9 * 168).fill(12);
    const quiet = { since: at('2026-03-02T10:00'), now: at('2026-03-02T11:00'), connections: ['adt'] };
    const missed = (record: ReturnType<typeof site>, more: readonly number[] = []): number => {
      const hours = Math.floor(quiet.since / HOUR) - START;
      const arrivals = { from: START, counts: [...counts.slice(0, hours - more.length), ...more] };
      return missedSince(record, arrivals, usualOf(learn(record, arrivals, ['adt'])), quiet);
    };
    expect(missed(site())).toBeCloseTo(12);
    // Half of what is usual came in the six hours before.
    expect(missed(site(), [6, 6, 6, 6, 6, 6])).toBeCloseTo((12 * 40) / 76);
    expect(missed(site(), [0, 0, 0, 0, 0, 0])).toBeCloseTo(12 * 0.2);
    const down = { starts: '2026-03-02T10:30', ends: '2026-03-02T12:00' };
    expect(missed(site({ maintenance: { upgrade: down } }))).toBeCloseTo(6);
    expect(missed(site({ maintenance: { upgrade: { ...down, connections: ['labs'] } } }))).toBeCloseTo(12);
    expect(missed(site({ holidays: { '2026-03-02': 'A day off' } }))).toBe(0);
    // Down each Monday from ten on: of that nothing is learnt.
    const mondays = { weekly: { days: ['Mon' as const], from: '10:00', until: '12:00' } };
    const usual = usualOf(learn(site({ maintenance: { mondays } }), { from: START, counts }, ['adt']));
    expect(usual(Math.floor(quiet.since / HOUR))).toBe(0);
    expect(usual(Math.floor(quiet.since / HOUR) - 1)).toBe(12);
  });
});
