import { expect, test } from 'vitest';
import { siteSchema } from './record.ts';
import { connectorRecord, repeatsOf, retentionOf, retentionOfFlow } from './retention.ts';

const site = (more: Record<string, unknown>) =>
  siteSchema.parse({
    site: 'mercy',
    name: 'Mercy',
    environment: 'sandbox',
    ehr: { vendor: 'epic' },
    timeZone: 'America/Chicago',
    identifiers: { mrn: { system: 'urn:oid:1.2.3', hl7: { type: 'MR' } } },
    connections: { adt: { connector: 'mllp' } },
    ...more,
  });

test('a month, and three for what nobody has looked after yet', () => {
  expect(retentionOf(site({}), 'adt')).toEqual({
    delivered: 30,
    filtered: 30,
    dead: 90,
    rejected: 90,
    unrouted: 30,
  });
});

test('the connection’s word goes before the site’s; what needs a person is never kept shorter than what was delivered', () => {
  const record = site({
    retention: { days: 400, unrouted: 3 },
    connections: {
      adt: { connector: 'mllp', retention: { rejected: 5 } },
      labs: { connector: 'mllp', retention: { days: 7 } },
    },
  });
  expect(retentionOf(record, 'adt')).toEqual({
    delivered: 400,
    filtered: 400,
    dead: 400,
    rejected: 5,
    unrouted: 3,
  });
  expect(retentionOf(record, 'labs')).toEqual({
    delivered: 7,
    filtered: 7,
    dead: 90,
    rejected: 90,
    unrouted: 3,
  });
  expect(siteSchema.safeParse({ ...record, retention: { days: 0 } }).success).toBe(false);
  expect(siteSchema.safeParse({ ...record, retention: { day: 1 } }).success).toBe(false);
});

test('a flow says how long its own are kept; what it leaves out, the connection and the site say', () => {
  const kept = retentionOf(site({ retention: { days: 60, rejected: 5 } }), 'adt');
  expect(retentionOfFlow(kept, {})).toEqual(kept);
  expect(retentionOfFlow(kept, { days: 7 })).toEqual({ ...kept, delivered: 7, filtered: 7 });
  expect(retentionOfFlow(kept, { days: 365 })).toEqual({
    ...kept,
    ...{ delivered: 365, filtered: 365, dead: 365 },
  });
  expect(retentionOfFlow(kept, { dead: 10 })).toEqual({ ...kept, dead: 10 });
});

test('repeats are recognised for a fortnight unless the connection says otherwise; its connector sees nothing of it', () => {
  const record = site({
    connections: {
      adt: { connector: 'mllp' },
      labs: { connector: 'mllp', repeats: { window: '12h', ignoreTime: true } },
    },
  });
  expect(repeatsOf(record, 'adt')).toEqual({ window: 14 * 86_400_000, ignoreTime: false });
  expect(repeatsOf(record, 'labs')).toEqual({ window: 12 * 3_600_000, ignoreTime: true });
  expect(connectorRecord(record.connections.labs as never)).toEqual({ connector: 'mllp' });
  expect(
    siteSchema.safeParse({
      ...record,
      connections: { adt: { connector: 'mllp', repeats: { window: 'long' } } },
    }).success,
  ).toBe(false);
});
