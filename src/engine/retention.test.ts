import { expect, test } from 'vitest';
import { flow, hl7, schedule } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { manualClock } from '../std/index.ts';
import { newDisk, openMemoryStore, type PruneRequest } from '../store/index.ts';
import { pruneRequests, startRetention } from './retention.ts';
import { createLooks } from './retention-looks.ts';

const DAY = 86_400_000;
const NOW = 1_790_000_000_000;
const step = { connection: 'app', do: 'send', args: {} } as const;
const named = (name: string, retention?: { days?: number; dead?: number }) =>
  flow(name, retention === undefined ? {} : { retention })
    .on(hl7.message('ADT^A01'))
    .send('out', step);
const site = siteSchema.parse({
  ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'any' }, timeZone: 'UTC' },
  identifiers: { mrn: { system: 'urn:mrn' } },
  retention: { days: 60 },
  connections: { adt: { connector: 'mllp', retention: { days: 7 } }, labs: { connector: 'mllp' } },
});
type Request = Omit<PruneRequest, 'limit'>;
const daysAgo = (at: number): number => (NOW - at) / DAY;
const of = (requests: readonly Request[], connection: string, ended: string) =>
  requests
    .filter((one) => one.connection === connection && one.ended === ended)
    .map(({ receivedBefore, flows = [] }) => [
      daysAgo(receivedBefore),
      ...flows.map((one) => `${one.flow} ${daysAgo(one.receivedBefore)}`),
    ])[0];

test('a flow’s word goes with each feed; without one all is as the feed and the site say', () => {
  const plain = pruneRequests([site], [named('usual')], NOW);
  expect(plain.some((one) => one.flows !== undefined)).toBe(false);
  const flows = [
    named('usual'),
    named('year', { days: 365 }),
    named('week', { days: 7 }),
    named('sad', { dead: 400 }),
  ];
  const requests = pruneRequests([site], flows, NOW);
  expect(of(requests, 'adt', 'delivered')).toEqual([7, 'year 365']);
  expect(of(requests, 'labs', 'filtered')).toEqual([60, 'year 365', 'week 7']);
  // Dead letters: never shorter than what was delivered, whoever says it.
  expect(of(requests, 'labs', 'dead')).toEqual([90, 'year 365', 'sad 400']);
  expect(of(requests, 'adt', 'unrouted')).toEqual([7]);
  expect(of(requests, 'adt', 'rejected')).toEqual([90]);
});

test('what no record names any more stays for the longest time of all, flows included', () => {
  const last = (...flows: ReturnType<typeof named>[]) => pruneRequests([site], flows, NOW).at(-1) as Request;
  expect([last().receivedBefore, last(named('year', { days: 365 })).receivedBefore].map(daysAgo)).toEqual([
    90, 365,
  ]);
  expect(last(named('year', { days: 365 }))).not.toHaveProperty('flows');
  expect(pruneRequests([], [named('year', { days: 365 })], NOW)).toEqual([]);
});

test('what a schedule started is kept as the site says, or its flow', () => {
  const nightly = flow('nightly', { retention: { days: 3 } })
    .on(schedule('0 2 * * *'))
    .send('out', step);
  expect(of(pruneRequests([site], [nightly], NOW), 'schedule', 'delivered')).toEqual([60, 'nightly 3']);
});

test('a round looks at what came of age since the last one, and weekly at everything', () => {
  const looks = createLooks();
  const request = (now: number): Request => ({
    ...{ site: 'mercy', connection: 'adt', ended: 'delivered' as const },
    receivedBefore: now - 7 * DAY,
    flows: [{ flow: 'year', receivedBefore: now - 365 * DAY }],
  });
  const spans = (now: number): number[][] =>
    looks.of(request(now), now).map(({ within }) => [within?.from ?? -1, within?.to ?? -1]);
  const whole = spans(NOW);
  // Everything up to the feed's cut, without a gap.
  expect(whole).toHaveLength(1 + 358);
  expect(whole[0]).toEqual([0, NOW - 365 * DAY]);
  expect(whole.at(-1)?.[1]).toBe(NOW - 7 * DAY);
  whole.slice(1).forEach(([from], at) => void expect(from).toBe(whole[at]?.[1]));
  // It was broken off: everything again.
  expect(spans(NOW + 1)).toHaveLength(359);
  looks.done(request(NOW), NOW);
  const later = NOW + 3_600_000;
  expect(spans(later)).toEqual([
    [NOW - 7 * DAY - 3_600_000, later - 7 * DAY],
    [NOW - 365 * DAY - 3_600_000, later - 365 * DAY],
  ]);
  looks.done(request(later), later);
  expect(spans(NOW + 7 * DAY)).toHaveLength(359);
  // Another word is looked at as new.
  const other = { ...request(later), receivedBefore: later - 8 * DAY };
  expect(looks.of(other, later)).toHaveLength(358);
});

test('the engine removes what all of a message’s flows let go, and tells how much', async () => {
  const store = await openMemoryStore({ disk: newDisk() });
  const clock = manualClock(NOW);
  const flows = [named('usual'), named('year', { days: 365 })].map((one) => ({ flow: one, version: 'v' }));
  const keep = async (days: number, ...wanted: string[]): Promise<string> => {
    const [kept] = await store.append({
      ...{ site: 'mercy', connection: 'adt' },
      messages: [
        {
          ...{
            door: 'feed',
            format: 'hl7',
            type: 'ADT^A01',
            controlId: null,
            state: 'accepted',
            reason: null,
          },
          ...{ receivedAt: NOW - days * DAY, flags: [], bytes: Buffer.from('MSH|'), patients: [] },
          deliveries: wanted.map((name) => ({ flow: name, flowVersion: 'v', lanes: [`${days} ${name}`] })),
        },
      ],
    });
    return kept?.messageId as string;
  };
  const [usual, both, old, young] = [
    await keep(8, 'usual'),
    await keep(9, 'usual', 'year'),
    await keep(366, 'year'),
    await keep(6, 'usual'),
  ];
  for (const { delivery, epoch } of await store.lease({ now: NOW, limit: 9 }))
    await store.settle({ deliveryId: delivery.id, epoch, at: NOW, ms: 1, steps: [], to: 'delivered' });
  const told: unknown[] = [];
  const running = startRetention({
    ...{ store, clock, sites: () => [site], flows: () => flows },
    log: (_level, _text, facts) => void told.push(facts?.removed),
  });
  clock.advance(60_000);
  await expect.poll(() => told).toEqual([2]);
  await running.stop();
  const left = (await store.search({ limit: 9 })).rows.map((row) => row.id);
  expect(left).toEqual([young, both]);
  expect(left).not.toContain(usual);
  expect(left).not.toContain(old);
  await store.close();
});
