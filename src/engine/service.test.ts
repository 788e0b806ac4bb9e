import { expect, test } from 'vitest';
import type { Connector } from '../connectors/index.ts';
import { flow, manual } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { type Clock, systemClock } from '../std/index.ts';
import { newDisk, openMemoryStore } from '../store/index.ts';
import { createEngine } from './engine.ts';

const site = siteSchema.parse({
  ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'any' }, timeZone: 'UTC' },
  identifiers: { mrn: { system: 'urn:mrn' } },
  connections: { app: { connector: 'app' } },
});
const telling = flow('telling', { service: { endToEnd: '5m' } })
  .on(manual())
  .send('out', { connection: 'app', do: 'send', args: { body: 'event' } });

/** Findings that were counted after one delivery whose call took so long by the clock; milliseconds. */
async function findingsAfter(took: number): Promise<string[]> {
  let late = 0;
  const clock: Clock = Object.assign(Object.create(systemClock), { now: () => systemClock.now() + late });
  const connector: Connector = {
    ...{ name: 'app', about: 'A pretend one.', parse: () => ({}) },
    capabilities: [{ name: 'send', about: '', effect: true, scopes: [] }],
    open: () => ({
      test: async () => [],
      close: async () => undefined,
      async call() {
        late += took;
        return {};
      },
    }),
  };
  const store = await openMemoryStore({ disk: newDisk() });
  const engine = createEngine({
    ...{ store, sites: [site], flows: [telling], clock, log: () => undefined },
    keyedHash: (...parts) => JSON.stringify(parts),
    connectors: new Map([['app', connector]]),
  });
  await engine.start();
  const { messageId } = await engine.run({ flow: 'telling', who: 'ann' });
  await expect
    .poll(async () => (await store.message(messageId))?.deliveries.map(({ state }) => state))
    .toEqual(['delivered']);
  await engine.stop();
  const findings = (await store.outcomes(0))
    .map(({ kind }) => kind)
    .filter((kind) => kind.startsWith('finding'));
  await store.close();
  return findings;
}

test('a delivery that took longer than its flow promises is counted as a finding; one in time is not', async () => {
  expect(await findingsAfter(6 * 60_000)).toEqual(['finding FLOW_SLOW']);
  expect(await findingsAfter(4 * 60_000)).toEqual([]);
});
