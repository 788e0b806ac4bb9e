import { describe, expect, test } from 'vitest';
import { maintenanceAt, staffedAt } from './calendar.ts';
import { siteFindings } from './findings.ts';
import { fullRecord } from './full-record.fixture.ts';
import { readSite } from './load.ts';
import { ownerOf } from './people.ts';

const day = (text: string): number => Date.parse(`${text}T18:00:00Z`);

function siteOf(change: (text: string) => string = (text) => text) {
  const { site, faults } = readSite(change(fullRecord), 'site.yaml', {});
  if (site === undefined) throw new Error(JSON.stringify(faults));
  return site;
}

const told = (at: string, change?: (text: string) => string) =>
  siteFindings(siteOf(change), day(at)).map(({ line, reason, person }) => ({
    line: fullRecord.split('\n')[line - 1]?.trim().split(':')[0],
    reason,
    person,
  }));

describe('what in a sound record wants attention', () => {
  test('is nothing while all of it holds', () => {
    expect(told('2026-11-21')).toEqual([]);
  });

  test('people whose word is older than 90 days, at their line, with whose job it is to ask', () => {
    expect(told('2027-01-30').filter(({ reason }) => reason.includes('confirmed'))).toEqual([]);
    expect(told('2027-01-31').filter(({ reason }) => reason.includes('confirmed'))).toEqual(
      ['desk', 'network', 'lead', 'compliance'].map((id) => ({
        line: id,
        reason: `${id} was last confirmed 91 days ago, on 2026-11-01`,
        person: 'lead',
      })),
    );
    expect(told('2026-11-21', (text) => text.replace(', confirmed: 2026-11-01', ''))[0]?.reason).toBe(
      'desk was never confirmed',
    );
  });

  test('an agreement that ends soon, has ended, or is not given; and production without any', () => {
    const ofBaa = (at: string) => told(at).filter(({ reason }) => reason.startsWith('BAA'));
    expect(ofBaa('2027-10-31')).toEqual([]);
    expect(ofBaa('2027-11-01')[0]).toMatchObject({ line: 'baa', person: 'compliance' });
    expect(ofBaa('2027-11-01')[0]?.reason).toBe('BAA (baa) ends in 60 days, on 2027-12-31');
    const after = told('2028-01-01').map(({ reason }) => reason);
    expect(after).toContain('BAA (baa) ended on 2027-12-31');
    expect(after).toContain('in production, no business associate agreement (BAA) holds');
    const asked = told('2026-11-21', (text) => text.replace('kind: BAA,', 'kind: BAA, state: in review,'));
    expect(asked.map(({ reason }) => reason)).toEqual([
      'BAA (baa) is not given yet: in review',
      'in production, no business associate agreement (BAA) holds',
    ]);
  });

  test('quirks without a day, openings that wait, an update that has passed, roles that nobody holds', () => {
    const reasons = (at: string, from: string, to: string) =>
      told(at, (text) => text.replace(from, to)).map(({ reason }) => reason);
    expect(reasons('2026-11-21', '    seen: 2026-10-12\n', '')).toEqual([
      'quirk no-visit-number-in-a08 has no day on which it was seen',
    ]);
    expect(reasons('2026-11-21', ', opened: { by: network, on: 2026-02-20 }', '')).toEqual([
      'adt (to 198.51.100.7, port 6662) was asked for 283 days ago, and is not open',
    ]);
    expect(reasons('2026-12-06', '', '')).toEqual([
      'the update of 2026-12-06 to November 2026 has passed, and the record still says May 2026',
    ]);
    expect(reasons('2026-11-21', 'roles: [network engineer]', 'roles: [clinical informatics]')).toEqual([
      'in production, nobody at the site is: network engineer',
    ]);
  });
});

test('the owner of a route is the one named nearest to it', () => {
  const { record } = siteOf();
  expect(ownerOf(record, { connection: 'adt-in' })?.id).toBe('desk');
  expect(ownerOf(record, { connection: 'epic' })?.id).toBe('lead');
  expect(ownerOf(record, { flow: 'x' })?.name).toBe('Project lead');
});

test('the calendar is the site’s own: zone, nights over midnight, holidays, and the hour that there is twice', () => {
  const { record } = siteOf();
  const at = (local: string, offset: string): number => Date.parse(`${local}:00${offset}`);
  // Friday, 07:00 and 18:00 in Chicago.
  expect(staffedAt(record, at('2026-11-20T06:59', '-06:00'))).toBe(false);
  expect(staffedAt(record, at('2026-11-20T07:00', '-06:00'))).toBe(true);
  expect(staffedAt(record, at('2026-11-20T18:00', '-06:00'))).toBe(false);
  expect(staffedAt(record, at('2026-12-25T10:00', '-06:00'))).toBe(false);
  expect(staffedAt(record, at('2026-07-03T07:30', '-05:00'))).toBe(true);
  // From Sunday 23:00 to Monday 02:00, for one connection.
  expect(maintenanceAt(record, at('2026-11-23T01:59', '-06:00'), 'epic')?.name).toBe('sunday-night');
  expect(maintenanceAt(record, at('2026-11-23T02:00', '-06:00'), 'epic')).toBeUndefined();
  expect(maintenanceAt(record, at('2026-11-23T01:59', '-06:00'), 'adt-in')).toBeUndefined();
  expect(maintenanceAt(record, at('2026-12-06T03:59', '-06:00'))).toEqual({
    name: 'upgrade',
    note: 'to November 2026',
  });
  // Clocks were set back on 1 November at 02:00: 01:30 came twice, and neither is staffed.
  expect(staffedAt(record, Date.parse('2026-11-01T06:30:00Z'))).toBe(false);
  expect(staffedAt(record, Date.parse('2026-11-01T07:30:00Z'))).toBe(false);
});
