import { expect, test } from 'vitest';
import { instantOf, readTime } from '../../time.ts';
import { minutesBetween, siteTime } from './time.ts';

const chicago = 'America/Chicago';

test('times are those of the clock at the site, to the precision given', () => {
  expect(siteTime('2026-01-31T18:00:00Z', chicago)).toBe('20260131120000');
  expect(siteTime('2026-07-31T18:00:00+02:00', chicago)).toBe('20260731110000');
  expect(siteTime('2026-01-31T18:00:00.1200Z', 'Asia/Kathmandu')).toBe('20260131234500.12');
  expect(['2026', '2026-01', '2026-01-31'].map((each) => siteTime(each, chicago))).toEqual([
    '2026',
    '202601',
    '20260131',
  ]);
  expect(siteTime('soon', chicago)).toBeUndefined();
});

test('the hour that happens twice is told apart by an offset, the second time', () => {
  expect(siteTime('2026-11-01T06:30:00Z', chicago)).toBe('20261101013000');
  expect(siteTime('2026-11-01T07:30:00Z', chicago)).toBe('20261101013000-0600');
});

test('every hour of a year reads back as the same instant', () => {
  for (const zone of [chicago, 'Europe/Berlin', 'Australia/Lord_Howe', 'UTC'])
    for (let hour = 0; hour < 24 * 366; hour += 1) {
      const instant = Date.UTC(2026, 0, 1, hour, 15);
      const read = readTime(siteTime(new Date(instant).toISOString(), zone) ?? '');
      if (read === undefined || instantOf(read, zone) !== instant)
        throw new Error(`${zone}: ${new Date(instant).toISOString()}`);
    }
});

test('a length needs two times of day in order', () => {
  expect(minutesBetween('2026-01-31T18:00:00Z', '2026-01-31T12:45:00-06:00', chicago)).toBe(45);
  expect(minutesBetween('2026-01-31T18:00:00Z', '2026-01-31T17:00:00Z', chicago)).toBeUndefined();
  expect(minutesBetween('2026-01-31', '2026-02-01', chicago)).toBeUndefined();
});
