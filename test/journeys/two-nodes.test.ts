import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { openPostgresStore } from '../../src/store/index.ts';
import { newCluster, postgresIsThere } from '../../src/store/postgres/cluster.suite.ts';
import { quickClock } from '../proofs/quick-clock.ts';
import { proofKey } from '../proofs/store.ts';
import type { ProcessOrders } from '../proofs/writes/hospital-process.ts';
import { until } from './engine.ts';

const closing: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Ten seconds, after which a node asks again whose turn it is, are over in half of one. */
const QUICK = 20;

/** The hospital's server at an address of one node's own, so that it is seen who asks it. */
async function ownAddress(hospital: Simulator): Promise<{ readonly base: string; asked: number }> {
  const target = new URL(hospital.url);
  const door = { base: '', asked: 0 };
  const server: Server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    near.on('data', () => {
      door.asked += 1;
    });
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
    closing.push(async () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => server.close());
  door.base = `http://127.0.0.1:${(server.address() as { port: number }).port}/generic/R4`;
  return door;
}

async function startNode(orders: ProcessOrders): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '..', 'proofs', 'writes', 'hospital-process.ts'), {
    env: { ...process.env, WRITES_ORDERS: JSON.stringify(orders) },
    execArgv: [],
  });
  closing.push(async () => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

describe.skipIf(!postgresIsThere('two nodes that learn'))('two nodes on one database', () => {
  test('a site is asked by one of them at a time; when that one is killed the other goes on, and nothing is told twice', async () => {
    const origin = Date.now();
    const clock = quickClock(QUICK, origin);
    const wall = { now: clock.now, after: clock.after };
    const hospital = await createSimulator({ seed: 'nodes', patients: 4, eventsPerMinute: 0, wall });
    closing.push(() => hospital.close());
    const cluster = await newCluster();
    closing.push(() => cluster.remove());
    await cluster.start();
    const database = await cluster.newDatabase();
    const place = cluster.url(database);
    const [first, second] = [await ownAddress(hospital), await ownAddress(hospital)];
    const orders = (base: string): ProcessOrders => ({
      ...{ place, times: QUICK, origin },
      site: {
        site: 'lakeside',
        name: 'Lakeside',
        environment: 'sandbox',
        ehr: { vendor: 'any' },
        timeZone: 'UTC',
        identifiers: { mrn: { system: 'urn:oid:1.2.3' } },
        budget: { requestsPerSecond: 1_000 },
        connections: {
          in: { connector: 'mllp', listen: { port: 0 } },
          ehr: { connector: 'fhir', fhirBase: base },
        },
        learn: {
          Appointment: { method: 'poll', from: 'ehr', every: '4s' },
          Encounter: { method: 'poll', from: 'ehr', every: '4s' },
        },
      },
    });
    const one = await startNode(orders(first.base));
    const store = await openPostgresStore({ url: place, masterKey: proofKey, bystander: true });
    closing.push(() => store.close());
    const told = async (): Promise<readonly string[]> => {
      const { rows } = await store.search({ connection: 'ehr', limit: 500 });
      return rows.map(({ type, controlId }) => `${type} ${controlId}`);
    };
    const known = () => hospital.appointments().length + hospital.visits().length;
    const created = async (): Promise<readonly string[]> =>
      (await told()).filter((text) => text.includes('.created'));
    await until(async () => (await created()).length === known(), 'the first to learn what is there');

    await startNode(orders(second.base));
    for (const kind of ['book', 'admit', 'book'] as const) hospital.happen({ kind });
    await until(async () => (await created()).length === known(), 'what has happened');
    // The other one has had its chances, and left them.
    const asked = first.asked;
    await until(async () => first.asked > asked + 20, 'a few more rounds');
    expect(second.asked).toBe(0);

    const died = once(one, 'exit');
    one.kill('SIGKILL');
    await died;
    const last = first.asked;
    // Half a minute later by the database's clock, which judges.
    await cluster.query('UPDATE suture.claim SET until = now()', database);
    for (const kind of ['book', 'discharge', 'cancel'] as const) hospital.happen({ kind });
    await until(
      async () =>
        (await created()).length === known() &&
        (await told()).filter((text) => text.includes('.updated')).length >= 2,
      'the other one to have learnt the rest',
      30,
    );
    expect(second.asked).toBeGreaterThan(0);
    expect(first.asked).toBe(last);
    const all = await created();
    expect(new Set(all).size).toBe(all.length);
  }, 180_000);
});
