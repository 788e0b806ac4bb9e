import { expect, test } from 'vitest';
import { day, hl7Time, hour, instantOf, localDate, workingMornings } from './calendar.ts';

const zone = 'America/Chicago';

test('an instant reads as the hospital sees it, winter and summer', () => {
  expect(hl7Time(Date.parse('2026-01-15T18:30:05Z'), zone)).toBe('20260115123005');
  expect(hl7Time(Date.parse('2026-07-15T18:30:05Z'), zone)).toBe('20260715133005');
  expect(localDate(Date.parse('2026-07-15T03:00:00Z'), zone)).toBe('2026-07-14');
  expect(hl7Time(Date.parse('2026-07-15T18:30:05Z'), 'Asia/Kathmandu')).toBe('20260716001505');
});

test('local times come back to the same instant, through every hour of a year', () => {
  for (const timeZone of [zone, 'UTC', 'Europe/Berlin', 'Australia/Lord_Howe']) {
    for (let instant = Date.UTC(2026, 0, 1); instant < Date.UTC(2027, 0, 1); instant += 7 * hour) {
      const local = hl7Time(instant, timeZone);
      const parts = [
        local.slice(0, 4),
        local.slice(4, 6),
        local.slice(6, 8),
        local.slice(8, 10),
        local.slice(10, 12),
      ];
      const [year = 0, month = 0, date = 0, hours = 0, minutes = 0] = parts.map(Number);
      expect(hl7Time(instantOf([year, month, date, hours, minutes], timeZone), timeZone)).toBe(local);
    }
  }
});

test('mornings are at eight, on working days, also across a clock change', () => {
  const friday = Date.parse('2026-03-06T15:00:00Z');
  const mornings = workingMornings(friday, zone, 0, 4).map((each) => hl7Time(each, zone));
  expect(mornings).toEqual(['20260306080000', '20260309080000', '20260310080000']);
  expect(workingMornings(friday, zone, 1, 2)).toEqual([]);
  expect(day).toBe(24 * hour);
});
