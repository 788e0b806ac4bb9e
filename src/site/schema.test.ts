import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fullRecord } from './full-record.fixture.ts';
import { readSite } from './load.ts';
import { siteJsonSchema } from './schema.ts';

const validate = new Ajv({ strict: false, validateFormats: false }).compile(siteJsonSchema());

const bySchema = (text: string): boolean => validate(parse(text));
const byCheck = (text: string): boolean => readSite(text, 'site.yaml', { NAME: 'Mercy' }).site !== undefined;

describe('the JSON Schema and the check', () => {
  test.each<[what: string, from: string, to: string, good: boolean]>([
    ['a record with every subject', '', '', true],
    ['a value of the environment', 'name: Mercy Hospital', 'name: { env: NAME }', true],
    [
      'a number of the environment',
      'requestsPerSecond: 20',
      'requestsPerSecond: { env: X, default: 4 }',
      true,
    ],
    ['an unknown field', 'timeZone:', 'timezone:', false],
    ['an unknown field below', 'vendor: epic', 'vendor: epic\n  vendr: x', false],
    ['a field that is missing', 'name: Mercy Hospital\n', '', false],
    ['a field that is missing below', 'vendor: epic', '', false],
    ['a number for text', 'version: May 2026', 'version: 2026', false],
    ['text for a number', 'requestsPerSecond: 20', 'requestsPerSecond: many', false],
    ['a word that is not in the list', 'environment: production', 'environment: live', false],
    ['a role that there is not', 'roles: [network engineer]', 'roles: [plumber]', false],
    ['no role', 'roles: [network engineer]', 'roles: []', false],
    ['a day in another order', 'goLive: 2026-06-01', 'goLive: 01.06.2026', false],
    ['a month that there is not', 'goLive: 2026-06-01', 'goLive: 2026-13-01', false],
    ['a length of time', 'every: 1m', 'every: one minute', false],
    ['a time of day', 'from: 07:00', 'from: 7 am', false],
    ['a window without its end', 'starts: 2026-12-06T00:30, ', '', false],
    ['a port', 'port: 6662, connection', 'port: 66620, connection', false],
    ['an address', 'ourAddresses: [198.51.100.7]', 'ourAddresses: [somewhere]', false],
    ['a name with capitals', '  epic:\n    connector: epic', '  Epic:\n    connector: epic', false],
    ['a connection without its connector', '    connector: epic\n', '', false],
    ['a method', 'method: poll', 'method: push', false],
    ['a Z-segment', 'ZPD:', 'PID:', false],
    ['a module in a list', 'modules: { cadence: true', 'modules: { cadence: [true]', false],
    ['a holiday that is no day', '2026-12-25: Christmas', 'Christmas: Christmas', false],
  ])('say the same of %s', (_, from, to, good) => {
    expect(fullRecord).toContain(from);
    const text = fullRecord.replace(from, to);
    expect({ schema: bySchema(text), check: byCheck(text) }).toEqual({ schema: good, check: good });
  });

  test('a part (an overlay, a shared file) may leave everything out, and still has no unknown field', () => {
    expect(bySchema('budget: { requestsPerSecond: 3 }\nquirks: null\nconnections: { old: null }')).toBe(true);
    expect(bySchema('extends: epic\nsite: mercy')).toBe(true);
    expect(bySchema('budgets: { requestsPerSecond: 3 }')).toBe(false);
    expect(bySchema('budget: { requestsPerSecond: x }')).toBe(false);
  });
});
