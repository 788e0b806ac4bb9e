import { expect, test } from 'vitest';
import { flow, hl7 } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { manualClock } from '../std/index.ts';
import type { Append, Store } from '../store/index.ts';
import { createIntake } from './intake.ts';

test('a patient’s second key is for search: lanes go by the medical record number alone', async () => {
  const site = siteSchema.parse({
    site: 'mercy',
    name: 'Mercy',
    environment: 'sandbox',
    ehr: { vendor: 'epic' },
    timeZone: 'America/Chicago',
    identifiers: { mrn: { system: 'urn:oid:1.2.3', hl7: { type: 'MR' } } },
    connections: { adt: { connector: 'mllp', repeats: { window: '1d' } } },
  });
  const units: Append[] = [];
  const store = {
    append(unit: Append) {
      units.push(unit);
      return Promise.resolve([{ kind: 'kept', messageId: '1', receivedAt: 0, flags: [] }]);
    },
  } as unknown as Store;
  const everything = flow('everything', { about: 'All.', order: 'patient' })
    .on(hl7.message('ADT^A01'))
    .map('mrn', { value: 'hl7:PID-3.1' });
  const intake = createIntake({
    store,
    clock: manualClock(1_790_000_000_000),
    site,
    connection: 'adt',
    flows: [{ flow: everything, version: 'v1' }],
    keyedHash: (...parts) => parts.join(' '),
    planned: () => undefined,
  });
  const receive = (mrn: string): Promise<void> =>
    intake.receive({
      door: 'feed',
      format: 'hl7',
      type: 'ADT^A01',
      key: mrn,
      bytes: Buffer.from(
        `MSH|^~\\&|A|B|||20261121||ADT^A01|${mrn}|P|2.5.1\rPID|1||${mrn}^^^X^MR||DOE^ANN||19840309\r`,
      ),
      reply: () => undefined,
    });
  // Two people of one name, born on one day.
  await receive('1');
  await receive('2');
  const [one, two] = units.map(({ messages: [message] }) => message);
  expect(one?.patients).toEqual(['patient mercy urn:oid:1.2.3 1', 'person mercy DOE 19840309']);
  expect(two?.patients[1]).toBe(one?.patients[1]);
  expect(one?.deliveries[0]?.lanes).toHaveLength(1);
  expect(one?.deliveries[0]?.lanes).not.toEqual(two?.deliveries[0]?.lanes);
  expect(JSON.stringify(one?.deliveries)).not.toContain('DOE');
  expect(one?.dedupe?.since).toBe(1_790_000_000_000 - 86_400_000);
});
