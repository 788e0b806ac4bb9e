import { expect, test } from 'vitest';
import { readSite } from './load.ts';

const good = `site: mercy
name: Mercy Hospital
environment: sandbox
ehr: { vendor: epic, version: May 2026 }
timeZone: America/Chicago
identifiers:
  mrn:
    system: urn:oid:1.2.3
    hl7: { type: MR }
roster:
  from: [adt-in]
connections:
  adt-in:
    connector: mllp
    listen: { port: { env: MLLP_PORT, default: 6661 } }
`;

test('a record is read, with defaults, and values from the environment', () => {
  const { site, faults } = readSite(good, 'site.yaml', { MLLP_PORT: '7000' });
  expect(faults).toEqual([]);
  expect(site?.record.identifiers.mrn.hl7.field).toBe('PID-3');
  expect(site?.record.budget.requestsPerSecond).toBe(10);
  expect(site?.record.connections['adt-in']?.listen).toEqual({ port: 7000 });
  expect(readSite(good, 'site.yaml', {}).site?.record.connections['adt-in']?.listen).toEqual({ port: 6661 });
});

test('an unknown field is named with its line and its nearest neighbour', () => {
  const { faults } = readSite(good.replace('timeZone:', 'timezone:'), 'site.yaml', {});
  expect(faults).toContainEqual({
    file: 'site.yaml',
    line: 5,
    reason: 'the record has no field "timezone"',
    fix: 'did you mean "timeZone"?',
  });
});

test('a missing field, a wrong value, a variable that is not set: each with its line and a fix', () => {
  const missing = readSite(good.replace('name: Mercy Hospital\n', ''), 'site.yaml', {});
  expect(missing.faults[0]).toMatchObject({ reason: 'name is missing', fix: 'add name' });
  const wrong = readSite(good.replace('America/Chicago', 'Middle/Earth'), 'site.yaml', {});
  expect(wrong.faults[0]).toMatchObject({ line: 5 });
  expect(wrong.faults[0]?.reason).toContain('IANA');
  const unset = readSite(good.replace(', default: 6661', ''), 'site.yaml', {});
  expect(unset.faults[0]).toMatchObject({ line: 15, fix: 'set MLLP_PORT, or give a default beside env' });
});

test('broken YAML and a roster from nowhere are faults, not exceptions', () => {
  expect(readSite('site: [', 'site.yaml', {}).faults[0]?.reason).toContain('not valid YAML');
  expect(readSite(good.replace('from: [adt-in]', 'from: [adt-inn]'), 'site.yaml', {}).faults[0]?.fix).toBe(
    'use one of: adt-in',
  );
});
