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

/** What was counted, and what the engine says of the promise, after one delivery whose call took so long by the clock; milliseconds. */
async function toldAfter(took: number): Promise<{ findings: string[]; promises: string[] }> {
  let late = 0;
  let look = (): void => undefined;
  const clock: Clock = Object.assign(Object.create(systemClock), {
    now: () => systemClock.now() + late,
    // The first look at promises comes when the test says so.
    after(ms: number, run: () => void) {
      if (ms !== 15_000) return systemClock.after(ms, run);
      look = run;
      return () => undefined;
    },
  });
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
  look();
  await expect.poll(() => engine.service().length).toBe(1);
  const promises = engine
    .service()
    .map(({ site: at, flow: of, promise, state }) => `${at} ${of} ${promise} ${state}`);
  await engine.stop();
  const findings = (await store.outcomes(0))
    .map(({ kind }) => kind)
    .filter((kind) => kind.startsWith('finding'));
  await store.close();
  return { findings, promises };
}

test('a delivery that took longer than its flow promises is counted as a finding and told; one in time is not', async () => {
  expect(await toldAfter(6 * 60_000)).toEqual({
    findings: ['finding FLOW_SLOW'],
    promises: ['mercy telling end to end broken'],
  });
  expect(await toldAfter(4 * 60_000)).toEqual({
    findings: [],
    promises: ['mercy telling end to end kept'],
  });
});
